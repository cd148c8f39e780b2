"""The manifests for Kubernetes are valid and restricted, and run the commands of the Procfile."""

import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in (ROOT / "deploy" / "kubernetes").glob("*.yaml") if path.name != "kustomization.yaml")
MANIFESTS = [manifest for path in FILES for manifest in YAML(typ="safe").load_all(path)]
PODS = {it["metadata"]["name"]: it["spec"]["template"]["spec"] for it in MANIFESTS if it["kind"] == "Deployment"}


def test_every_file_is_applied():
    kustomization = YAML(typ="safe").load(ROOT / "deploy" / "kubernetes" / "kustomization.yaml")
    assert sorted(kustomization["resources"]) == [path.name for path in FILES]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl here, which puts the manifests together")
def test_the_manifests_go_together_into_one_namespace_with_one_image():
    folder = ROOT / "deploy" / "kubernetes"
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True, timeout=60)
    made = list(YAML(typ="safe").load_all(done.stdout))
    assert len(made) == len(MANIFESTS)
    assert {it["metadata"].get("namespace") for it in made if it["kind"] != "Namespace"} == {"faxdispatch"}
    pods = [it["spec"]["template"]["spec"] for it in made if it["kind"] == "Deployment"]
    assert {container["image"] for pod in pods for container in pod["containers"]} == {
        "registry.example.com/faxdispatch:0.1.0"
    }


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda it: f"{it['kind']}/{it['metadata']['name']}")
def test_the_manifest_is_valid(manifest):
    validator = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate to have this tested")
    validator.validate(manifest, validator.latest_version(), strict=True)


def test_the_pods_run_the_commands_of_the_procfile():
    commands = dict(line.split(": ") for line in (ROOT / "Procfile").read_text().splitlines())
    assert {name: " ".join(pod["containers"][0]["command"]) for name, pod in PODS.items()} == {
        name: command.removeprefix("env -u TELNYX_API_KEY ") for name, command in commands.items()
    }


@pytest.mark.parametrize("name", ["web", "console", "worker"])
def test_pods_are_read_only_and_gain_no_rights(name):
    pod = PODS[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["livenessProbe"]


def test_each_pod_has_secrets_of_its_own():
    secrets = {
        name: [source["secretRef"]["name"] for source in pod["containers"][0]["envFrom"] if "secretRef" in source]
        for name, pod in PODS.items()
    }
    assert secrets == {name: [f"faxdispatch-{name}"] for name in PODS}


def test_only_webhooks_and_the_health_check_are_public():
    (web,) = [it for it in MANIFESTS if it["kind"] == "Ingress" and it["metadata"]["name"] == "web"]
    paths = web["spec"]["rules"][0]["http"]["paths"]
    assert {path["path"]: path["pathType"] for path in paths} == {"/webhooks/telnyx": "Exact", "/healthz": "Exact"}
