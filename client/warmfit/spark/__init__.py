"""Spark: columns summarized where they are, batches of a stream appended to a service's dataset, results as a frame.

    import warmfit.spark

    warmfit.spark.summarize(spark_df, ["price"])                       # aggregates alone; `fit` takes them, or the frame
    stream.writeStream.foreachBatch(warmfit.spark.append_to(client, "prices")).start()
    warmfit.spark.to_dataframe(results, spark).write.saveAsTable("fits")

`DistributionFitter().fit(spark_df, …)` needs none of these.
"""

from __future__ import annotations

from warmfit.spark.results import to_dataframe
from warmfit.spark.streams import append_to
from warmfit.spark.summarizing import summarize

__all__ = ["append_to", "summarize", "to_dataframe"]
