/**
 * One example for each command, by its path. A test parses each against the command tree, and holds that none is missing.
 *
 * @module
 */
export const COMMAND_EXAMPLES: Readonly<Record<string, string>> = {
  init: "bento init iris",
  "models import":
    "bento models import iris.onnx --name iris_classifier --version v1.2.0 --framework scikit-learn --label stage=dev",
  "models list": "bento models list iris_classifier -o tag",
  "models get": "bento models get iris_classifier:latest",
  "models export": "bento models export iris_classifier:v1.2.0 ./iris-model",
  "models delete": "bento models delete iris_classifier:v1.1.0 --yes",
  "models alias":
    'bento models alias iris_classifier:v1.2.0 --to production --reason "better on short petals"',
  "models promote":
    "bento models promote iris_classifier:v1.2.0 --to production --from staging --require accuracy>=current-0.01",
  "models sign": "bento models sign iris_classifier:v1.2.0 --key bento.key",
  "models rollback": "bento models rollback iris_classifier --alias production",
  "models history": "bento models history iris_classifier",
  "models diff":
    "bento models diff iris_classifier:production iris_classifier:v1.2.0 --on rows.jsonl",
  "models push": "bento models push iris_classifier:v1.2.0 --to s3://acme-models/bento",
  "models pull": "bento models pull iris_classifier:v1.2.0 --from s3://acme-models/bento",
  "models verify": "bento models verify --store s3://acme-models/bento",
  "models gc": "bento models gc --grace 7d --dry-run",
  "models cache list": "bento models cache list",
  "models cache clear": "bento models cache clear --yes",
  push: "bento push iris_classifier:latest --to s3://acme-models/bento",
  pull: "bento pull iris_classifier:latest --from s3://acme-models/bento",
  types: "bento types",
  profile: "bento profile --svg curves.svg",
  serve: "bento serve service.ts --reload",
  build: "bento build",
  list: "bento list -o json",
  get: "bento get iris_classifier:latest",
  delete: "bento delete iris_classifier:f00dd330bda086ef --yes",
  export: "bento export iris_classifier:latest iris.bento",
  import: "bento import iris.bento",
  containerize: "bento containerize iris_classifier:latest --output oci-archive:iris.tar",
  "image push": "bento image push iris_classifier:latest registry.example.com/team/iris:v1",
  "image pull": "bento image pull registry.example.com/team/iris:v1 --output oci:./iris",
  "image inspect": "bento image inspect iris_classifier:latest",
  "image lint": "bento image lint oci:./iris",
  "image keygen": "bento image keygen --output team",
  "image sign": "bento image sign registry.example.com/team/iris:v1 --key bento.key",
  "image verify": "bento image verify registry.example.com/team/iris:v1 --key bento.pub",
  "image sbom": "bento image sbom iris_classifier:latest --output sbom.json",
  repin: "bento repin iris_classifier:latest --model iris=iris_classifier:production",
  "image diff": "bento image diff iris_classifier:f00dd330bda086ef iris_classifier:latest",
  "image rebase": "bento image rebase iris_classifier:latest --base oci:./base",
  "base build": "bento base build --output oci:./base",
  deploy: "bento deploy iris_classifier:latest --platform local --set port=4000 --yes",
  "deployment list": "bento deployment list",
  "deployment get": "bento deployment get iris_classifier --json",
  "deployment status": "bento deployment status iris_classifier",
  "deployment logs": "bento deployment logs iris_classifier --tail 50",
  "deployment history": "bento deployment history iris_classifier",
  "deployment traffic":
    "bento deployment traffic iris_classifier --platform aws-lambda --percent 50",
  "deployment complete": "bento deployment complete iris_classifier --platform aws-lambda",
  "deployment abort": "bento deployment abort iris_classifier --platform aws-lambda",
  "deployment rollback":
    "bento deployment rollback iris_classifier --platform aws-lambda --to iris_classifier:f00dd330bda086ef",
  "deployment prune":
    "bento deployment prune iris_classifier --platform aws-lambda --keep 3 --plan",
  "deployment policy":
    "bento deployment policy iris_classifier --platform aws-lambda --for promote --set account=123456789012 --set region=eu-central-1",
  "deployment oidc":
    "bento deployment oidc --github acme/iris --env prod --platform aws-lambda --set account=123456789012 --set region=eu-central-1",
  "deployment destroy": "bento deployment destroy iris_classifier --yes",
  doctor: "bento doctor --platform aws-lambda --set region=eu-central-1",
  completion: "bento completion bash",
};
