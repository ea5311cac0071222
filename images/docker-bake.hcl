# The images for every platform, each with its SBOM and its provenance attached. `scripts/images push` fills dist/images and the variables, and builds
# with this what the registry does not have.
variable "REGISTRY" {}
variable "BASE" {}
variable "PLATFORMS" {}

# {"game": "0a1b2c3d4e5f", …}: the tag of each image, from its content.
variable "TAGS" {}

# A second tag, of a release.
variable "VERSION" {}

target "image" {
  name       = image
  matrix     = { image = keys(jsondecode(TAGS)) }
  context    = "dist/images/${image}"
  dockerfile = "../../../images/${image == "web" ? "web" : "service"}.Dockerfile"
  args       = { SERVICE = image, BASE = BASE }
  platforms  = split(",", PLATFORMS)
  tags       = [for tag in compact([jsondecode(TAGS)[image], VERSION]) : "${REGISTRY}/idempo/${image}:${tag}"]
  attest     = ["type=sbom", "type=provenance,mode=max"]
}
