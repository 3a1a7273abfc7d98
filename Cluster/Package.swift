// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

// A package of its own: neither the library nor the command needs MPI.
let package = Package(
  name: "DeepLinearCluster",
  products: [.executable(name: "deeplinear-mpi", targets: ["deeplinear-mpi"])],
  dependencies: [
    .package(name: "DeepLinear", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // ───── the only place that knows which MPI is linked ─────
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c",
      providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),

    // ───── ranks and messages ─────
    .target(name: "MessagePassing", dependencies: ["COpenMPI"], swiftSettings: settings),

    // ───── one completion whose rows are divided among ranks ─────
    .target(
      name: "DividedCompletion",
      dependencies: ["MessagePassing", .product(name: "DeepLinear", package: "DeepLinear")],
      swiftSettings: settings),

    // ───── the command: arguments ↔ requests, on every rank ─────
    .executableTarget(
      name: "deeplinear-mpi",
      dependencies: [
        "MessagePassing", "DividedCompletion",
        .product(name: "Jobs", package: "DeepLinear"),
        .product(name: "DeepLinear", package: "DeepLinear"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
  ]
)
