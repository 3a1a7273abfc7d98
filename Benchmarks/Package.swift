// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the library's users never build it.
let package = Package(
  name: "DeepLinearBenchmarks",
  dependencies: [.package(name: "DeepLinear", path: "..")],
  targets: [
    .target(name: "CPeakRate"),
    .executableTarget(
      name: "deeplinear-benchmarks",
      dependencies: [
        "CPeakRate",
        .product(name: "DeepLinear", package: "DeepLinear"),
        .product(name: "DataFormats", package: "DeepLinear"),
        .product(name: "Jobs", package: "DeepLinear"),
        .product(name: "Reports", package: "DeepLinear"),
      ]),
  ]
)
