// swift-tools-version: 6.2
import PackageDescription

// The targets stand bottom-up, one banner per storey: the list is the architecture.
// An arrow goes only from a storey to those above it in this file.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

func storey(_ name: String, on dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  of name: String, on dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: name), "_TestSupport"] + dependencies,
    exclude: exclude,
    swiftSettings: settings)
}

let realModule = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

let package = Package(
  name: "DeepLinear",
  products: [
    // Matrices, networks, dynamics, estimators and files: all of it by `import DeepLinear`.
    .library(name: "DeepLinear", targets: ["DeepLinear"]),
    // Parts by their own names: files alone, pages from records, whole jobs for other doors than the command.
    .library(name: "DataFormats", targets: ["DataFormats"]),
    .library(name: "Reports", targets: ["Records", "Reports"]),
    .library(name: "Jobs", targets: ["Jobs"]),
    .executable(name: "deeplinear", targets: ["deeplinear-cli"]),
    // All jobs from C, by the functions of deeplinear.h; the Python package loads it.
    .library(name: "DeepLinearC", type: .dynamic, targets: ["DeepLinearC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // ───── system libraries: the only place that knows which BLAS, LAPACK and zlib are linked ─────
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

    // ───── inner loops over known entries, compiled for several instruction sets ─────
    .target(name: "CSparseKernels"),

    // ───── descent on eight small networks at once, compiled for several instruction sets ─────
    .target(name: "CBatchKernels"),

    // ───── the BLAS told which of its kernels to run, where it does not know the processor ─────
    .target(name: "CKernelChoice", dependencies: ["COpenBLAS"]),

    // ───── PNG and JPEG, their errors as values ─────
    .target(
      name: "CPictures", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg")]),

    // ───── ① matrices; knows nothing of learning ─────
    storey(
      "LinearAlgebra",
      on: ["COpenBLAS", "CLAPACKE", "CKernelChoice", "CSparseKernels", realModule]),

    // ───── ② what is trained ─────
    storey("LinearNetworks", on: ["LinearAlgebra", realModule]),

    // ───── ③ how it moves ─────
    storey("Dynamics", on: ["CBatchKernels", "LinearAlgebra", "LinearNetworks", realModule]),

    // ───── ③ the same on a GPU, where there is one: driver and kernels are looked for at run time ─────
    .target(name: "CAccelerator", exclude: ["Kernels"], linkerSettings: [.linkedLibrary("dl")]),
    storey("Accelerator", on: ["CAccelerator", "LinearAlgebra", "LinearNetworks", "Dynamics"]),

    // ───── ④ what a trajectory or a problem shows ─────
    storey(
      "Analysis",
      on: ["CSparseKernels", "LinearAlgebra", "LinearNetworks", "Dynamics", realModule]),

    // ───── ⑤ estimators for people with data ─────
    storey(
      "Estimators",
      on: [
        "CSparseKernels", "LinearAlgebra", "LinearNetworks", "Dynamics", "Analysis", realModule,
      ]),

    // ───── ⑥ bytes ↔ values, and plain records ─────
    storey("DataFormats", on: ["LinearAlgebra", "CPictures", "CZlib"]),
    storey("Records"),

    // ───── the results of sweeps in one SQLite file; the only place that knows which database ─────
    storey("SweepStore", on: [.product(name: "GRDB", package: "GRDB.swift")]),

    // ───── umbrella: what `import DeepLinear` gives, ①–⑤ and the files; nothing of its own ─────
    storey(
      "DeepLinear",
      on: [
        "LinearAlgebra", "LinearNetworks", "Dynamics", "Analysis", "Estimators", "DataFormats",
      ]),

    // ───── ⑦ the papers' figures, tables and claims → records ─────
    .target(
      name: "Experiments",
      dependencies: [
        "LinearAlgebra", "LinearNetworks", "Dynamics", "Analysis", "Estimators", "Records",
        realModule,
      ],
      resources: [.embedInCode("Experiment/Corrections.md")],
      swiftSettings: settings),

    // ───── ⑧ records → pages ─────
    .target(
      name: "Reports", dependencies: ["Records"],
      resources: [.embedInCode("Page/page.css"), .embedInCode("Page/page.js")],
      swiftSettings: settings),

    // ───── ⑨ what a user can ask for: request → progress → result, summary, record ─────
    storey(
      "Jobs",
      on: [
        "DeepLinear", "LinearAlgebra", "DataFormats", "Records", "Accelerator", "SweepStore",
        "Experiments", "Reports",
        .product(name: "Yams", package: "Yams"),
      ]),

    // ───── ⑩ the local web page, a door: the command starts it ─────
    .target(
      name: "Studio",
      dependencies: [
        "LinearAlgebra", "DataFormats", "Records", "Jobs",
        .product(name: "FlyingFox", package: "FlyingFox"),
        .product(name: "FlyingSocks", package: "FlyingFox"),
      ],
      resources: [
        "explore.html", "fill.html", "runs.html", "papers.html", "studio.css", "page.js",
        "chart.js", "surfaces.js", "explore.js", "problem.js", "scenes.js", "exports.js",
        "archive.js", "fill.js", "record.js", "runs.js", "papers.js", "openapi.json",
      ].map { .embedInCode("Pages/\($0)") },
      swiftSettings: settings),

    // ───── ⑩ the command, a door: arguments ↔ requests; the only place that prints or exits ─────
    .executableTarget(
      name: "deeplinear-cli",
      dependencies: [
        "LinearAlgebra", "DataFormats", "Jobs", "Studio",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // ───── ⑩ the C interface, a door: pointers ↔ requests; deeplinear.h says it all ─────
    .target(name: "CInterface"),
    storey("DeepLinearC", on: ["CInterface", "DataFormats", "Jobs", "Records", "Reports"]),

    // ───── tests mirror the sources ─────
    .target(name: "_AllocationCounter", path: "Tests/_AllocationCounter"),
    .target(
      name: "_TestSupport", dependencies: ["LinearAlgebra", "_AllocationCounter"],
      path: "Tests/_TestSupport",
      swiftSettings: settings),
    .target(
      name: "_BatchChecks", dependencies: ["LinearAlgebra", "LinearNetworks", "Dynamics"],
      path: "Tests/_BatchChecks", swiftSettings: settings),
    .executableTarget(
      name: "accelerator-check",
      dependencies: ["Accelerator", "Dynamics", "LinearAlgebra", "LinearNetworks", "_BatchChecks"],
      path: "Tests/accelerator-check", swiftSettings: settings),
    tests(of: "Accelerator", on: ["Dynamics", "_BatchChecks"]),
    tests(of: "LinearAlgebra"),
    tests(of: "LinearNetworks", on: ["LinearAlgebra"]),
    tests(
      of: "Dynamics",
      on: ["LinearAlgebra", "LinearNetworks", "_AllocationCounter", "_BatchChecks", realModule]),
    tests(of: "Analysis", on: ["LinearAlgebra", "LinearNetworks", "Dynamics", realModule]),
    tests(
      of: "Estimators", on: ["LinearAlgebra", "LinearNetworks", "Dynamics", "Analysis"]),
    tests(of: "Records"),
    tests(of: "SweepStore"),
    tests(of: "Reports", on: ["Records"]),
    tests(
      of: "DataFormats", on: ["LinearAlgebra"], exclude: ["Tables", "FurtherTables", "Formats"]),
    tests(of: "Experiments", on: ["LinearAlgebra", "Records"]),
    tests(of: "DeepLinear"),
    tests(
      of: "Jobs",
      on: ["Accelerator", "SweepStore", "DeepLinear", "LinearAlgebra", "DataFormats", "Records"],
      exclude: ["Fills"]),
    tests(
      of: "Studio",
      on: ["Jobs", "DataFormats", .product(name: "FlyingSocks", package: "FlyingFox")]),
    tests(of: "DeepLinearC", on: ["CInterface"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["deeplinear-cli", "Jobs", "LinearAlgebra", "DataFormats", "Records"],
      exclude: ["Expected"], swiftSettings: settings),
  ]
)

// The plugin behind `make docs`; the library and the command do without it.
if Context.environment["DEEPLINEAR_DOCS"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
