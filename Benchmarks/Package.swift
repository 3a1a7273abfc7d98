// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "DeepLinearBenchmarks",
  dependencies: [.package(name: "DeepLinear", path: "..")],
  targets: [
    .executableTarget(
      name: "deeplinear-benchmarks",
      dependencies: [.product(name: "DeepLinear", package: "DeepLinear")])
  ]
)
