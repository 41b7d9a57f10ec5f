"""The client's side of the gRPC service.

What is done is written once, as generators that yield commands and are sent the answers (`commands.py`); two
small drivers carry the commands out, one that blocks (`blocking.py`) and one for asyncio (`awaiting.py`).
"""
