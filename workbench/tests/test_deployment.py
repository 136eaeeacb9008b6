"""The files of `deploy/` and `compose.yaml` are valid. test_containers.py runs the containers."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # kubernetes_validate has no type hints
import pytest
import yaml

from workbench.documents import blocks

REPOSITORY = Path(__file__).parents[2]
KUBERNETES = REPOSITORY / "deploy" / "kubernetes"
VERSION = "1.32"
KUSTOMIZATIONS = sorted(KUBERNETES.glob("*/kustomization.yaml"))
OVERLAYS = [path.parent.name for path in KUSTOMIZATIONS if path.parent.name != "base"]
MANIFESTS = sorted(set(KUBERNETES.glob("base/*.yaml")) - set(KUSTOMIZATIONS))

needs_kubectl = pytest.mark.skipif(
    not shutil.which("kubectl"), reason="this machine has no kubectl"
)
COMPOSE = ["docker", "compose"]


def has_compose() -> bool:
    """Return whether this machine has Docker with the Compose plugin."""
    if not shutil.which("docker"):
        return False
    return not subprocess.run([*COMPOSE, "version"], capture_output=True, check=False).returncode


needs_compose = pytest.mark.skipif(not has_compose(), reason="this machine has no `docker compose`")


def check(text: str) -> list[dict[str, Any]]:
    """Validate the manifests of a file, which may have no unknown members, and return them."""
    manifests = list(yaml.safe_load_all(text))
    for manifest in manifests:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    return manifests


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_a_manifest_is_valid(file: Path) -> None:
    assert check(file.read_text())


@pytest.mark.parametrize("overlay", KUSTOMIZATIONS, ids=lambda file: file.parent.name)
def test_the_resources_of_a_kustomization_exist(overlay: Path) -> None:
    for resource in yaml.safe_load(overlay.read_text())["resources"]:
        assert (overlay.parent / resource).exists(), resource


def built(overlay: str) -> list[dict[str, Any]]:
    """Build an overlay; return its manifests."""
    command = ["kubectl", "kustomize", str(KUBERNETES / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return check(done.stdout)


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_valid_and_complete(overlay: str) -> None:
    kinds = [manifest["kind"] for manifest in built(overlay)]
    assert sorted(set(kinds)) == [
        "ConfigMap",
        "CronJob",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]


def pods(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the specs of all pods."""
    specs = []
    for manifest in manifests:
        spec = manifest.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            specs.append(spec["template"]["spec"])
    return specs


@needs_kubectl
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_has_restricted_permissions(overlay: str) -> None:
    specs = pods(built(overlay))
    assert len(specs) == len(["server", "migrate", "expire-orders", "reconcile-payments"])
    for spec in specs:
        (container,) = spec["containers"]
        assert container["image"] == f"bookstore-{overlay}:1.0.0"
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


@needs_kubectl
def test_the_commands_of_the_readme_create_what_the_pods_use(tmp_path: Path) -> None:
    """Run all but the last command with --dry-run. The overlay of the last one has other tests."""
    names = re.findall(r"`(BOOKSTORE_\w+)`", (REPOSITORY / "deploy/README.md").read_text())
    (tmp_path / "secrets.env").write_text("".join(f"{name}=secret\n" for name in names))
    (block,) = (
        block.text for block in blocks(REPOSITORY / "deploy/README.md") if "kubectl" in block.text
    )
    *creations, application = block.splitlines()
    made = [
        subprocess.run(
            [*command.split(), "--dry-run=client", "--output=yaml"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for command in creations
    ]
    namespace, secret = map(yaml.safe_load, made)
    assert namespace["kind"] == "Namespace"
    assert {"BOOKSTORE_SECRET_KEY", "BOOKSTORE_DATABASE_URL"} <= set(secret["data"])
    (taken,) = {
        source["secretRef"]["name"]
        for overlay in OVERLAYS
        for pod in pods(built(overlay))
        for source in pod["containers"][0].get("envFrom", [])
        if "secretRef" in source
    }
    assert secret["metadata"]["name"] == taken
    assert application.split("#")[0].split()[-1] == f"deploy/kubernetes/{OVERLAYS[-1]}"


@needs_compose
def test_the_compose_file_is_valid() -> None:
    command = [*COMPOSE, "--profile", "*", "config", "--quiet"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
