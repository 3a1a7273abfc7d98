#!/usr/bin/env python3
"""Puts the claims of the gallery to the test: likely faults in the code they are about, one at a time, and whether verdicts turn.

    Scripts/mutate-gallery.py                  every fault: copies the sources, writes all faults into the copy, builds it
                                               once, and runs each item with its faults
    Scripts/mutate-gallery.py ITEM ...         these items only
    Scripts/mutate-gallery.py --check          whether every fault still has its place in the sources; builds nothing
    Scripts/mutate-gallery.py --program PATH   a build with the faults that is there already

The copy and its build are in .build/mutations. A fault is switched on by the environment variable MUTATION. The table
says of each item which faults turned its verdict, and by which claim. The status is 1 if an item has no fault that does.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build" / "mutations"

# The file under Sources, what stands there once or first, what is put in its place (FAULT is true where the fault is on),
# and the items whose verdicts must turn.
FAULTS = [
    ("Dynamics/ExactSolutions/LinearModel.swift", ".exp(-time * λ)", ".exp(-(FAULT ? 1.01 : 1) * time * λ)",
     "gidel-proposition-1"),
    ("Dynamics/ExactSolutions/LinearModel.swift", "let exponent = Double(steps) * .log(onePlus: -x)",
     "let exponent = (FAULT ? 1.001 : 1) * Double(steps) * .log(onePlus: -x)", "gidel-figure-2"),
    ("Dynamics/ExactSolutions/BalancedMode.swift", "curvature / abs(target) * decayed",
     "(FAULT ? 1.01 : 1) * curvature / abs(target) * decayed",
     "gidel-theorem-1 gidel-figure-1 gidel-figure-1-published gidel-early-stopping gidel-theorem-2 gidel-corollary-2"),
    ("Analysis/Certificates/TwoLayerDescentBounds.swift", ".pow(1 - 2 * stepSize * target, steps)",
     ".pow(1 - (FAULT ? 2.1 : 2) * stepSize * target, steps)", "gidel-theorem-3"),
    ("Analysis/Certificates/PhaseSeparation.swift", "Double.exp(-2 * Double(steps)",
     "Double.exp((FAULT ? -2.2 : -2) * Double(steps)", "gidel-corollary-3"),
    ("Analysis/Spectra/ReducedRankOptima.swift", "1 / $0.squareRoot()", "1 / (FAULT ? $0 : $0.squareRoot())",
     "gidel-corollary-2"),
    ("Analysis/JointDecomposition/JointDecomposition.swift", "(product - product.transposed()).frobeniusNorm",
     "(product + (FAULT ? 1 : -1) * product.transposed()).frobeniusNorm", "gidel-table-1"),
    ("Analysis/JointDecomposition/JointDecomposition.swift", "xy.timesTransposed(x * xy)",
     "xy.timesTransposed(FAULT ? x * (x * xy) : x * xy)", "gidel-proposition-3 gidel-table-1"),
    ("Analysis/Spectra/LearningTimes.swift", "(delta + 0.5 * .log(target / curvature)) / target",
     "(delta + (FAULT ? -0.5 : 0.5) * .log(target / curvature)) / target", "gidel-theorem-2"),
    ("LinearNetworks/Objectives/EndToEndLoss.swift",
     "      transposedGradient: transposedGradient, through: network, into: &gradients)\n",
     "      transposedGradient: transposedGradient, through: network, into: &gradients)\n"
     "    if FAULT { gradients[0] *= 1.01 }\n",
     "gidel-appendix-a cohen-razin-lemma-1 cohen-razin-theorem-1 cohen-razin-proposition-1 cohen-razin-exercise-3 "
     "tarmoun-figure-1 tarmoun-figure-2 tarmoun-figure-3 tarmoun-corollary-1 cohen-razin-exercise-1 cohen-razin-remark-2 "
     "cohen-razin-proposition-3"),
    ("Dynamics/ExactSolutions/BalancedMode.swift", "abs(target) * .pow(scale, n - 2) * time",
     "(FAULT ? 1.01 : 1) * abs(target) * .pow(scale, n - 2) * time", "gidel-lemma-1"),
    ("Dynamics/Flow/EndToEndVelocity.swift", "rotated[r, s] *= -factor",
     "rotated[r, s] *= (FAULT ? -1.01 : -1) * factor", "cohen-razin-theorem-1 cohen-razin-exercise-1"),
    ("Dynamics/Flow/EndToEndVelocity.swift", "2 * Double(k) / Double(depth)",
     "(FAULT ? 1 : 2) * Double(k) / Double(depth)",
     "cohen-razin-claim-1 cohen-razin-exercise-1 cohen-razin-remark-1"),
    ("Analysis/Spectra/SingularValueEquation.swift", "Double.pow(σ * σ, 1 - 1 / n)",
     "Double.pow(σ * σ, 1 - (FAULT ? 1.1 : 1) / n)", "cohen-razin-theorem-3 cohen-singular-values"),
    ("Analysis/Spectra/SingularValueEquation+Solution.swift",
     "let exponent = 2 / Double(depth) - 1\n    let bracket",
     "let exponent = (FAULT ? 1.9 : 2) / Double(depth) - 1\n    let bracket", "cohen-razin-lemma-2"),
    ("Analysis/Spectra/SingularValueEquation+Solution.swift", ".exp(sign * integral)",
     ".exp((FAULT ? 1.01 : 1) * sign * integral)", "cohen-razin-exercise-5 cohen-razin-lemma-2"),
    ("Analysis/Spectra/EndToEndPreconditioner.swift", "2 * Double(depth - j) / n",
     "(FAULT ? 1.9 : 2) * Double(depth - j) / n", "cohen-razin-corollary-1"),
    ("Analysis/Certificates/NormDivergence.swift", "1 / (6 * loss).squareRoot() - 8",
     "1 / ((FAULT ? 2 : 6) * loss).squareRoot() - 8", "cohen-razin-proposition-5 cohen-razin-exercise-4"),
    ("Analysis/Certificates/LinearConvergence.swift", "rate = 2 * α * factor", "rate = (FAULT ? 20 : 2) * α * factor",
     "cohen-razin-theorem-2"),
    ("Analysis/Certificates/DeficiencyMargin.swift", "supremum = max(0, square).squareRoot()",
     "supremum = (FAULT ? 1.2 : 1) * max(0, square).squareRoot()", "cohen-razin-example-1"),
    ("LinearNetworks/Objectives/PowerObjective.swift", "    return sum * scale\n",
     "    return (FAULT ? 0.9 : 1) * sum * scale\n", "cohen-razin-figure-1-left"),
    ("LinearNetworks/Objectives/SymmetricLoss.swift",
     "gradient.setToProduct(transposedGradient, network.factor, transposingLeft: true, adding: 1)\n    return value",
     "gradient.setToProduct(\n      transposedGradient, network.factor, transposingLeft: true, adding: FAULT ? 1.02 : 1)\n"
     "    return value",
     "cohen-razin-exercise-2 tarmoun-proposition-1 tarmoun-proposition-2 later-greedy-low-rank"),
    ("Dynamics/ExactSolutions/SymmetricRiccati.swift", ".expMinusOne(4 * step * s) / s",
     ".expMinusOne((FAULT ? 4.04 : 4) * step * s) / s",
     "tarmoun-proposition-1 tarmoun-corollary-1 tarmoun-proposition-5"),
    ("Dynamics/ExactSolutions/TwoLayerMode.swift",
     "(Double.exp(-2 * k * time), -Double.expMinusOne(-2 * k * time))",
     "(\n      Double.exp((FAULT ? -2.02 : -2) * k * time),\n"
     "      -Double.expMinusOne((FAULT ? -2.02 : -2) * k * time)\n    )",
     "tarmoun-proposition-3 tarmoun-imbalance"),
    ("Analysis/Certificates/FactorizationRates.swift", "{ .hypot(2 * target, imbalance) }",
     "{ .hypot((FAULT ? 1 : 2) * target, imbalance) }", "tarmoun-table-2 tarmoun-imbalance"),
    ("Dynamics/ExactSolutions/ImbalancedFactorization.swift", "-0.5 * imbalance * Matrix.identity(n)",
     "(FAULT ? 0.5 : -0.5) * imbalance * Matrix.identity(n)", "tarmoun-proposition-5 later-lambda-balanced"),
    ("Dynamics/Flow/RegularizedFlow.swift", "scale: -4 * penalty, adding: 1",
     "scale: (FAULT ? -2 : -4) * penalty, adding: 1", "tarmoun-proposition-4 tarmoun-proposition-5"),
    ("Analysis/Spectra/ImbalancedRates.swift", "width < room ? s[rank - 1] - μ : s[rank - 1] + μ",
     "width < room && !FAULT ? s[rank - 1] - μ : s[rank - 1] + μ", "tarmoun-proposition-5"),
    ("Analysis/Spectra/ImbalancedRates.swift", "endToEnd: isSquare ? 2 * s : s + μ",
     "endToEnd: isSquare ? 2 * s : s + (FAULT ? 1.05 : 1) * μ", "tarmoun-proposition-5"),
    ("Dynamics/Descent/PlainDescent.swift", "step * velocity[k]", "(FAULT ? 0.97 : 1) * step * velocity[k]",
     "tarmoun-appendix-g cohen-razin-remark-2 later-compressible-dynamics later-edge-of-stability gidel-proposition-1 "
     "tarmoun-imbalance"),
    ("Estimators/NuclearNorm/NuclearNormCompleter+Fit.swift", "self.completion = completion",
     "self.completion = (FAULT ? 1.01 : 1) * completion",
     "cohen-matrix-completion cohen-razin-figure-2 cohen-recovery-probability"),
    ("Estimators/MatrixCompletion/CompletionIntervals.swift", "return quantile * columnFactors[column]",
     "return (FAULT ? 0.7 : 1) * quantile * columnFactors[column]", "later-conformal-coverage"),
    ("Experiments/Later/Later+HeavyBall.swift", "parts[3] / τ", "(FAULT ? 0.5 : 1) * parts[3] / τ",
     "later-heavy-ball"),
    ("Experiments/CohenRazin/ProductFlow.swift", "scale * x * z", "(FAULT ? 1.5 : 1) * scale * x * z",
     "cohen-razin-tensor-rank"),
    ("Experiments/Later/Later+WeightDecay.swift", "penalty * layers[j]", "(FAULT ? 1.1 : 1) * penalty * layers[j]",
     "later-weight-decay"),
    ("Experiments/Later/Later+LayerRates.swift", "rates.1 * residual.timesTransposed(first)",
     "(FAULT ? rates.0 : rates.1) * residual.timesTransposed(first)", "later-layer-rates"),
    ("LinearNetworks/Objectives/CompletionObjective.swift", "gradient[j * rowCount + i] = residual * scale",
     "gradient[j * rowCount + i] = residual * scale * (FAULT && i == 0 ? 2 : 1)",
     "cohen-razin-proposition-5 cohen-schatten later-mask-connectivity cohen-generic-entry"),
    ("LinearNetworks/Objectives/SensingObjective.swift",
     "    setTransposed(combination: residuals, into: &transposedGradient)\n    return",
     "    setTransposed(\n      combination: FAULT ? residuals.map { 1.5 * $0 * $0 * $0 + $0 } : residuals,\n"
     "      into: &transposedGradient)\n"
     "    if FAULT { transposedGradient = transposedGradient.transposed() }\n    return",
     "cohen-razin-figure-3 cohen-one-observed-entry cohen-schatten"),
    ("Experiments/CohenRazin/RectifiedNetwork.swift", "factors[j] -= η * speeds[j]",
     "factors[j] -= η * speeds[j] / (FAULT ? 3 * Double(factors.count * factors.count) : 1)",
     "cohen-razin-compression"),
    ("Estimators/Layers/LayerDecomposition.swift", "parts = (u, Array(values[number].prefix(rank)),",
     "parts = (u, values[number].prefix(rank).map { (FAULT ? 1.01 : 1) * $0 },",
     "cohen-schatten cohen-razin-proposition-3"),
    ("LinearNetworks/Objectives/SigmoidObjective.swift", "    return sum / 2\n", "    return sum / (FAULT ? 4 : 2)\n",
     "tarmoun-figure-3"),
    ("Experiments/Tarmoun2021/ImbalanceGuarantee.swift",
     "value(eigenvalues, m) + value(eigenvalues.reversed().map { -$0 }, n)",
     "(FAULT ? 2 : 1) * (value(eigenvalues, m) + value(eigenvalues.reversed().map { -$0 }, n))",
     "tarmoun-figure-1 tarmoun-figure-3 tarmoun-figure-2"),
    ("Experiments/Tarmoun2021/RiccatiForms.swift",
     "positive * first + eigen.map { .exp(-sign * 2 * time * abs($0)) } * difference",
     "positive * first + (FAULT ? -1 : 1) * eigen.map { .exp(-sign * 2 * time * abs($0)) } * difference",
     "tarmoun-appendix-formulas"),
    ("Experiments/Cohen2019/Cohen2019+Divergence.swift", "[0.8, 0.6, -0.3]", "[0.8, 0.6, FAULT ? 0.3 : -0.3]",
     "cohen-violated-assumptions"),
    ("Estimators/Classifier/ClassifierNetwork+Collapse.swift", "    parameters[offset..<offset + count].map { Double($0) }",
     "    parameters[offset..<offset + count].map { (FAULT && count % 10 == 0 ? -1 : 1) * Double($0) }",
     "cohen-razin-figure-1-right"),
    ("Estimators/Tensors/TensorDescent.swift", "parameters[n] - stepSize * gradient[n]",
     "parameters[n] - stepSize * (FAULT ? abs(gradient[n]) : gradient[n])", "cohen-razin-hierarchical-tensor"),
]


def missing() -> list[str]:
    """Faults without a place in the sources."""
    return [
        f"{number}: {path} has no {old!r}" for number, (path, old, _, _) in enumerate(FAULTS, 1)
        if old not in (ROOT / "Sources" / path).read_text()]


def instrument(tree: pathlib.Path) -> None:
    """Writes all faults into a copy of the sources."""
    for number, (path, old, new, _) in enumerate(FAULTS, 1):
        file = tree / "Sources" / path
        file.write_text(file.read_text().replace(old, new.replace("FAULT", f"(Mutation.number == {number})"), 1))
    for module in {path.split("/")[0] for path, _, _, _ in FAULTS}:
        (tree / "Sources" / module / "Mutation.swift").write_text(
            "import Foundation\n\n/// Which fault is on.\nenum Mutation {\n  static let number =\n"
            "    ProcessInfo.processInfo.environment[\"MUTATION\"].flatMap { Int($0) } ?? 0\n}\n")


def build() -> str:
    """A copy of the sources with all faults, built for release; its program."""
    tree = FOLDER / "tree"
    if tree.exists():
        shutil.rmtree(tree)
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
    instrument(tree)
    options = ["-c", "release", "--package-path", str(tree), "--scratch-path", str(FOLDER / "build"), "--product", "deeplinear"]
    subprocess.run(["swift", "build", *options], check=True)
    folder = subprocess.run(["swift", "build", *options, "--show-bin-path"], check=True, capture_output=True, text=True)
    return folder.stdout.strip() + "/deeplinear"


def first_difference(program: str, item: str, number: int) -> str | None:
    """What turns the verdict of an item with a fault; nil where it stands."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = subprocess.run(
                [program, "reproduce", item, "--quick", "--jobs", "1", "--output", f"{folder}/site", "--json"],
                capture_output=True, text=True, timeout=900, env={**os.environ, "MUTATION": str(number)})
        except subprocess.TimeoutExpired:
            return "does not end"
    if run.returncode < 0:
        return "ends in a failed precondition"
    if run.returncode == 0:
        return None
    try:
        return json.loads(run.stdout)["items"][0]["differing"][0]
    except (ValueError, LookupError):
        return (run.stderr.strip().splitlines() or ["fails"])[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--program")
    options = parser.parse_args()
    if lost := missing():
        print("\n".join(lost), file=sys.stderr)
        return 1
    if options.check:
        print(f"{len(FAULTS)} faults")
        return 0
    program = options.program or build()
    listed = subprocess.run([program, "reproduce", "list", "--json"], check=True, capture_output=True, text=True)
    items = [item["id"] for item in json.loads(listed.stdout)["items"]]
    turned: dict[str, list[str]] = {item: [] for item in items if item in options.items or not options.items}
    for number, (path, _, _, names) in enumerate(FAULTS, 1):
        for item in names.split():
            if item not in turned:
                continue
            found = first_difference(program, item, number)
            print(f"{number:2} {pathlib.Path(path).stem}: {item}: " + (f"turned: {found}" if found else "stands"), flush=True)
            if found:
                turned[item].append(str(number))
    still = [item for item, numbers in turned.items() if not numbers]
    print(f"{len(turned) - len(still)} of {len(turned)} items turn")
    if still:
        print("not turned: " + ", ".join(still))
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main())
