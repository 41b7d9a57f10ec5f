"""Take the steps of the Dockerfile without Docker, and start the service from what they made as Kubernetes would.

    sudo make image-check

The steps run in an overlay over this machine's own files, which stay as they are; what the base image brings (Python 3.11,
bash, wget) is this machine's, so that `apt-get` is left out. Then, as the image's user, without privileges, with every
file read-only but the volumes that the manifests mount, and with no network but loopback: Ray starts as a pod of
KubeRay does, the Serve configuration of k8s/base is deployed, and `warmfit` fits a column through it. Linux, as root.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
STEP = re.compile(r"^RUN (.+?)(?<!\\)$", re.MULTILINE | re.DOTALL)
WRITABLE = ("/tmp", "/home/warmfit", "/dev/shm", "/var/lib/warmfit")  # the volumes of a gateway's pod
USER = 10001
PATIENCE = 120  # seconds in which Ray and the service must be up

SERVE = """
set -eu
ip link set lo up
cd /home/warmfit
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs --bounding-set=-all sh -eu <<'SCRIPT'
export HOME=/home/warmfit PATH=/opt/warmfit/bin:$PATH RAY_USAGE_STATS_ENABLED=0 RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO=0
id
for place in /opt/warmfit /etc; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written to"; exit 1; fi
done
shown() {{ "$@" >/tmp/shown.log 2>&1 || {{ cat /tmp/shown.log; exit 1; }}; }}
shown ray start --head --node-ip-address 127.0.0.1 --num-cpus 2 --resources '{{"gateway": 1, "worker": 2}}' \\
    --dashboard-host 127.0.0.1 --disable-usage-stats
shown serve deploy /home/warmfit/serve.yaml --address http://127.0.0.1:8265
end=$(($(date +%s) + {patience}))
until warmfit status --server 127.0.0.1:9000 --token {token} >/tmp/status 2>&1; do
    if [ "$(date +%s)" -gt "$end" ]; then cat /tmp/status; serve status; exit 1; fi
    sleep 1
done
cat /tmp/status
warmfit fit /home/warmfit/danish.csv --column value --top 3 --server 127.0.0.1:9000 --token {token}
SCRIPT
"""


def steps(dockerfile: str, target: str) -> list[str]:
    """The RUN lines of the stages that `target` is built from, in order."""
    stages = {}
    for stage in re.split(r"^(?=FROM )", dockerfile, flags=re.MULTILINE)[1:]:
        _, base, _, name = stage.split(maxsplit=4)[:4]
        needed = [base, *re.findall(r"COPY --from=(\w+)", stage)]
        stages[name] = (needed, STEP.findall(stage))

    def of(name: str) -> list[str]:
        if name not in stages:
            return []
        needed, found = stages[name]
        return [step for other in needed for step in of(other)] + found

    return list(dict.fromkeys(of(target)))


def main() -> int:
    """Take the steps, start the service, and print a verdict last."""
    if os.geteuid() != 0:
        print("image-check mounts an overlay: run it as root")
        return 2
    work = Path(tempfile.mkdtemp(prefix="warmfit-image-"))
    try:
        token = secrets.token_urlsafe(24)
        (work / "build.sh").write_text(build_script(work))
        (work / "serve.sh").write_text(SERVE.format(user=USER, patience=PATIENCE, token=token))
        service = yaml.safe_load((ROOT / "k8s" / "base" / "rayservice.yaml").read_text())
        (work / "serve.yaml").write_text(service["spec"]["serveConfigV2"])
        (work / "tokens.toml").write_text(
            f'[[token]]\nname = "check"\ntoken = "{token}"\nnamespace = "check"\nscopes = ["admin"]\n'
        )
        subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", work / "build.sh"], check=True)
    except subprocess.CalledProcessError as error:
        print(f"verdict: FAILED, status {error.returncode}")
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("verdict: the image's tree serves without root, from a read-only root")
    return 0


def build_script(work: Path) -> str:
    """What runs in a mount namespace of its own: overlay, steps, read-only, start."""
    taken, left = [], []
    for step in steps((ROOT / "k8s" / "Dockerfile").read_text(), "server"):
        (left if step.startswith("apt-get") else taken).append(step)
    print("left out:", *left, sep="\n  ")
    lines = [
        "set -eu",
        f"mount -t tmpfs none {work}/mnt 2>/dev/null || {{ mkdir {work}/mnt && mount -t tmpfs none {work}/mnt; }}",
        f"cd {work}/mnt && mkdir upper work root",
        "mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root",
        "mount --rbind /dev root/dev && mount -t proc proc root/proc",
        f"mkdir -p root/src root/wheels && cp -r {ROOT}/. root/src && rm -rf root/src/.venv root/src/.git",
        f"chmod 711 root{Path.home()}",  # where this machine's Python may lie
    ]
    for number, step in enumerate(taken):
        (work / f"step-{number}.sh").write_text(f"set -eu\ncd /src\n{step}\n")
        lines += [
            f"echo 'step: {step.splitlines()[0]}'",
            f"cp {work}/step-{number}.sh root/step.sh",
            "chroot root sh /step.sh",
        ]
    lines += [f"mkdir -p root{path}" for path in (*WRITABLE, "/etc/warmfit/tokens")]
    lines += [f"cp {work}/tokens.toml root/etc/warmfit/tokens/ && chmod 644 root/etc/warmfit/tokens/tokens.toml"]
    lines += ["rm -rf root/src root/wheels", "mount -o remount,ro root"]
    lines += [f"mount -t tmpfs -o mode=1777 none root{path}" for path in WRITABLE]
    lines += [
        f"cp {work}/serve.yaml {ROOT}/tests/data/danish.csv root/home/warmfit/ && chmod 644 root/home/warmfit/*",
        f"cp {work}/serve.sh root/tmp/serve.sh",
        # a network and processes of their own, which end with the script
        "exec unshare --net --pid --fork --kill-child --root=root --mount-proc sh /tmp/serve.sh",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
