#!/bin/bash
# Puts the claims of the gallery to the test: for each item a likely fault in the code it claims about, one at a time, and
# whether the item's verdict turns. Works on a copy of the tree whose path is given, which it changes: never on the tree
# itself. All faults are built once and switched by the environment variable MUTATION.
#
#   Scripts/mutate-gallery.sh COPY instrument     writes the faults into the copy
#   Scripts/mutate-gallery.sh COPY run PROGRAM    runs each item with its faults, and says what came of it
set -euo pipefail
copy=$(cd "$1" && pwd)
[ "$copy" != "$(cd "$(dirname "$0")/.." && pwd)" ] || { echo "$copy is the tree itself: give a copy" >&2; exit 2; }
python3 - "$copy" "${@:2}" << 'PYTHON'
import json, os, subprocess, sys, tempfile

copy, action, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
S = "statement"
# Number, file under Sources, what stands there, what the fault makes of it, the items it is for.
MUTATIONS = [
    (1, "Dynamics/ExactSolutions/LinearModel.swift", ".exp(-time * λ)", ".exp(-1.01 * time * λ)", "gidel-proposition-1"),
    (2, "Dynamics/ExactSolutions/LinearModel.swift", "let exponent = Double(steps) * .log(onePlus: -x)", "let exponent = 1.001 * Double(steps) * .log(onePlus: -x)", "gidel-figure-2"),
    (3, "Dynamics/ExactSolutions/BalancedMode.swift", "curvature / abs(target) * decayed", "1.01 * curvature / abs(target) * decayed", "gidel-theorem-1 gidel-figure-1 gidel-figure-1-published gidel-early-stopping gidel-theorem-2 gidel-corollary-2"),
    (4, "Analysis/Certificates/TwoLayerDescentBounds.swift", ".pow(1 - 2 * stepSize * target, steps)", ".pow(1 - 2.1 * stepSize * target, steps)", "gidel-theorem-3"),
    (5, "Analysis/Certificates/PhaseSeparation.swift", "let decay = Double.exp(-2 * Double(steps) * .log(onePlus: stepSize * σ))", "let decay = Double.exp(-2.2 * Double(steps) * .log(onePlus: stepSize * σ))", "gidel-corollary-3"),
    (6, "Analysis/Spectra/ReducedRankOptima.swift", "1 / $0.squareRoot()", "1 / $0", "gidel-corollary-2"),
    (7, "Analysis/JointDecomposition/JointDecomposition.swift", "commutatorNorm = (product - product.transposed()).frobeniusNorm", "commutatorNorm = (product + product.transposed()).frobeniusNorm", "gidel-table-1"),
    (8, "Analysis/Spectra/LearningTimes.swift", "(delta + 0.5 * .log(target / curvature)) / target", "(delta - 0.5 * .log(target / curvature)) / target", "gidel-theorem-2"),
    (9, "LinearNetworks/Objectives/EndToEndLoss.swift", "      transposedGradient: transposedGradient, through: network, into: &gradients)\n", "      transposedGradient: transposedGradient, through: network, into: &gradients)\n    gradients[0] *= 1.01\n", "gidel-appendix-a cohen-razin-lemma-1 cohen-razin-theorem-1 cohen-razin-proposition-1 cohen-razin-exercise-3 tarmoun-figure-1 tarmoun-figure-2 tarmoun-figure-3 tarmoun-corollary-1 cohen-razin-exercise-1 cohen-razin-remark-2 cohen-razin-proposition-3"),
    (10, "Dynamics/ExactSolutions/BalancedMode.swift", "abs(target) * .pow(scale, n - 2) * time", "1.01 * abs(target) * .pow(scale, n - 2) * time", "gidel-lemma-1"),
    (11, "Dynamics/Flow/EndToEndVelocity.swift", "rotated[r, s] *= -factor", "rotated[r, s] *= -1.01 * factor", "cohen-razin-theorem-1 cohen-razin-exercise-1"),
    (12, "Analysis/Spectra/SingularValueEquation.swift", "Double.pow(σ * σ, 1 - 1 / n)", "Double.pow(σ * σ, 1 - 1.1 / n)", "cohen-razin-theorem-3 cohen-singular-values"),
    (13, "Analysis/Spectra/SingularValueEquation+Solution.swift", "let exponent = 2 / Double(depth) - 1\n    let bracket", "let exponent = 1.9 / Double(depth) - 1\n    let bracket", "cohen-razin-lemma-2"),
    (14, "Analysis/Spectra/EndToEndPreconditioner.swift", "2 * Double(depth - j) / n", "1.9 * Double(depth - j) / n", "cohen-razin-corollary-1"),
    (15, "Analysis/Certificates/NormDivergence.swift", "1 / (6 * loss).squareRoot() - 8", "1 / (2 * loss).squareRoot() - 8", "cohen-razin-proposition-5 cohen-razin-exercise-4"),
    (16, "Analysis/Certificates/LinearConvergence.swift", "rate = 2 * α * factor", "rate = 20 * α * factor", "cohen-razin-theorem-2"),
    (17, "Analysis/Certificates/DeficiencyMargin.swift", "supremum = max(0, square).squareRoot()", "supremum = 1.2 * max(0, square).squareRoot()", "cohen-razin-example-1"),
    (18, "LinearNetworks/Objectives/PowerObjective.swift", "    return sum * scale\n", "    return 0.9 * sum * scale\n", "cohen-razin-figure-1-left"),
    (19, "LinearNetworks/Objectives/SymmetricLoss.swift", "    gradient.setToProduct(transposedGradient, network.factor, transposingLeft: true, adding: 1)\n    return value", "    gradient.setToProduct(transposedGradient, network.factor, transposingLeft: true, adding: 1.02)\n    return value", "cohen-razin-exercise-2 tarmoun-proposition-1 tarmoun-proposition-2 later-greedy-low-rank"),
    (20, "Dynamics/ExactSolutions/SymmetricRiccati.swift", ".expMinusOne(4 * step * s) / s", ".expMinusOne(4.04 * step * s) / s", "tarmoun-proposition-1 tarmoun-corollary-1 tarmoun-proposition-5"),
    (21, "Dynamics/ExactSolutions/TwoLayerMode.swift", "(Double.exp(-2 * k * time), -Double.expMinusOne(-2 * k * time))", "(Double.exp(-2.02 * k * time), -Double.expMinusOne(-2.02 * k * time))", "tarmoun-proposition-3 tarmoun-imbalance"),
    (22, "Analysis/Certificates/FactorizationRates.swift", "{ .hypot(2 * target, imbalance) }", "{ .hypot(target, imbalance) }", "tarmoun-table-2 tarmoun-imbalance"),
    (23, "Dynamics/ExactSolutions/ImbalancedFactorization.swift", "-0.5 * imbalance * Matrix.identity(n)", "0.5 * imbalance * Matrix.identity(n)", "tarmoun-proposition-5 later-lambda-balanced"),
    (24, "Dynamics/Flow/RegularizedFlow.swift", "scale: -0.5, adding: 1", "scale: -0.25, adding: 1", "tarmoun-proposition-4"),
    (25, "Analysis/Spectra/ImbalancedRates.swift", "width < room ? s[rank - 1] - μ : s[rank - 1] + μ", "s[rank - 1] + μ", "tarmoun-proposition-5"),
    (26, "Dynamics/Descent/PlainDescent.swift", "step * velocity[k]", "0.97 * step * velocity[k]", "tarmoun-appendix-g cohen-razin-remark-2 later-compressible-dynamics later-edge-of-stability gidel-proposition-1 tarmoun-imbalance"),
    (27, "Estimators/NuclearNorm/NuclearNormCompleter+Fit.swift", "self.completion = completion", "self.completion = 1.01 * completion", "cohen-matrix-completion cohen-razin-figure-2 cohen-recovery-probability"),
    (28, "Estimators/MatrixCompletion/CompletionIntervals.swift", "quantile * unit * variance.squareRoot()", "0.7 * quantile * unit * variance.squareRoot()", "later-conformal-coverage"),
    (29, "Experiments/Later/Later+HeavyBall.swift", "parts[3] / τ", "0.5 * parts[3] / τ", "later-heavy-ball"),
    (30, "Experiments/CohenRazin/ProductFlow.swift", "scale * x * z", "1.5 * scale * x * z", "cohen-razin-tensor-rank"),
    (31, "Experiments/Later/Later+WeightDecay.swift", "penalty * layers[j]", "1.1 * penalty * layers[j]", "later-weight-decay"),
    (32, "Experiments/Later/Later+LayerRates.swift", "rates.1 * residual.timesTransposed(first)", "rates.0 * residual.timesTransposed(first)", "later-layer-rates"),
    (33, "LinearNetworks/Objectives/CompletionObjective.swift", "gradient[j * rowCount + i] = residual * scale", "gradient[j * rowCount + i] = residual * scale * (i == 0 ? 2 : 1)", "cohen-razin-proposition-5 cohen-schatten later-mask-connectivity cohen-generic-entry"),
    (34, "LinearNetworks/Objectives/SensingObjective.swift", "    setTransposed(combination: residuals, into: &transposedGradient)\n    return", "    setTransposed(combination: residuals.map { 1.5 * $0 * $0 * $0 + $0 }, into: &transposedGradient)\n    transposedGradient = transposedGradient.transposed()\n    return", "cohen-razin-figure-3 cohen-one-observed-entry cohen-schatten"),
    (35, "Experiments/CohenRazin/RectifiedNetwork.swift", "for j in factors.indices { factors[j] -= η * speeds[j] }", "for j in factors.indices { factors[j] -= η * speeds[j] / Double(factors.count * factors.count) / 3 }", "cohen-razin-compression"),
    (36, "Estimators/Layers/LayerDecomposition.swift", "parts = (u, Array(values[number].prefix(rank)), right[number].firstRows(rank))", "parts = (u, values[number].prefix(rank).map { 1.01 * $0 }, right[number].firstRows(rank))", "cohen-schatten cohen-razin-proposition-3"),
    (37, "LinearNetworks/Objectives/SigmoidObjective.swift", "    return sum / 2\n", "    return sum / 4\n", "tarmoun-figure-3"),
    (38, "Experiments/Tarmoun2021/ImbalanceGuarantee.swift", "value(eigenvalues, m) + value(eigenvalues.reversed().map { -$0 }, n)", "2 * value(eigenvalues, m) + 2 * value(eigenvalues.reversed().map { -$0 }, n)", "tarmoun-figure-1 tarmoun-figure-3 tarmoun-figure-2"),
    (39, "Experiments/Tarmoun2021/RiccatiForms.swift", "positive * first + eigen.map { .exp(-sign * 2 * time * abs($0)) } * difference", "positive * first - eigen.map { .exp(-sign * 2 * time * abs($0)) } * difference", "tarmoun-appendix-formulas"),
    (40, "Experiments/Cohen2019/Cohen2019+Divergence.swift", "[0.8, 0.6, -0.3]", "[0.8, 0.6, 0.3]", "cohen-violated-assumptions"),
    (41, "Dynamics/Flow/EndToEndVelocity.swift", "k == 0 ? 1 : Double.pow(σ, 2 * Double(k) / Double(depth))", "k == 0 ? 1 : Double.pow(σ, Double(k) / Double(depth))", "cohen-razin-claim-1 cohen-razin-exercise-1"),
    (42, "Analysis/Spectra/SingularValueEquation+Solution.swift", "initial * .exp(sign * integral)", "initial * .exp(1.01 * sign * integral)", "cohen-razin-exercise-5 cohen-razin-lemma-2"),
    (43, "Dynamics/Flow/FlowEquation.swift", "", "", ""),
    (44, "Estimators/Classifier/ClassifierNetwork+Collapse.swift", ".transposed()\n  }\n\n  /// The bias", "", ""),
    (45, "Analysis/JointDecomposition/JointDecomposition.swift", "let product = xy.timesTransposed(xy) * x", "let product = xy.timesTransposed(xy) * x * x", "gidel-proposition-3 gidel-table-1"),
    (46, "Estimators/Tensors/TensorDescent.swift", "parameters[n] - stepSize * gradient[n]", "parameters[n] - stepSize * abs(gradient[n])", "cohen-razin-hierarchical-tensor"),
]
MUTATIONS = [m for m in MUTATIONS if m[4]]
if action == "instrument":
    with open(f"{copy}/Sources/LinearAlgebra/Matrix/Mutation.swift", "w") as file:
        file.write("import Glibc\n\n/// Which fault is switched on.\npublic enum Mutation {\n  public static let number = getenv(\"MUTATION\").flatMap { Int32(String(cString: $0)) } ?? 0\n}\n")
    for number, path, old, new, _ in MUTATIONS:
        name = f"{copy}/Sources/{path}"
        text = open(name).read()
        if old not in text:
            print(f"{number}: {path} has no {old!r}", file=sys.stderr)
            continue
        flag = f"Mutation.number == {number}"
        if old.endswith("\n") or "\n" in old:
            lines_old = [line for line in old.split("\n")]
            replaced = f"\n    if {flag} {{\n{new.rstrip()}\n    }} else {{\n{old.rstrip()}\n    }}\n" if "return" not in old else None
            if replaced is None or "through: network" in old:
                # A statement more, or another value returned.
                if "gradients)\n" in old:
                    replaced = old + f"    if {flag} {{ gradients[0] *= 1.01 }}\n"
                elif number == 13:
                    replaced = f"let exponent = ({flag} ? 1.9 : 2) / Double(depth) - 1\n    let bracket"
                elif number == 18:
                    replaced = f"    return ({flag} ? 0.9 : 1) * sum * scale\n"
                elif number == 19:
                    replaced = old.replace("adding: 1)", f"adding: {flag} ? 1.02 : 1)")
                elif number == 34:
                    replaced = f"    setTransposed(combination: {flag} ? residuals.map {{ 1.5 * $0 * $0 * $0 + $0 }} : residuals, into: &transposedGradient)\n    if {flag} {{ transposedGradient = transposedGradient.transposed() }}\n    return"
                elif number == 37:
                    replaced = f"    return sum / ({flag} ? 4 : 2)\n"
            if number == 13:
                replaced = f"let exponent = ({flag} ? 1.9 : 2) / Double(depth) - 1\n    let bracket"
        elif old.startswith("let ") or " = " in old or " *= " in old or old.startswith("{") or old.startswith("for "):
            if old.startswith("{"):
                replaced = f"{{ {flag} ? ({new[2:-2]}) : ({old[2:-2]}) }}"
            elif old.startswith("for "):
                replaced = f"if {flag} {{ {new} }} else {{ {old} }}"
            else:
                operator = " *= " if " *= " in old else " = "
                left, a = old.split(operator, 1)
                b = new.split(operator, 1)[1]
                replaced = f"{left}{operator}{flag} ? ({b}) : ({a})"
        elif "adding:" in old:
            replaced = f"scale: {flag} ? -0.25 : -0.5, adding: 1"
        else:
            replaced = f"({flag} ? ({new}) : ({old}))"
        text = text.replace(old, replaced, 1)
        if "LinearAlgebra" not in text.split("enum ")[0].split("struct ")[0]:
            text = "import LinearAlgebra\n" + text
        open(name, "w").write(text)
else:
    program = rest[0]
    listed = json.loads(subprocess.run([program, "reproduce", "list", "--json"], capture_output=True, text=True).stdout)["items"]
    turned = {item["id"]: [] for item in listed}
    tried = {item["id"]: 0 for item in listed}
    only = set(rest[1:])
    for number, path, old, new, items in MUTATIONS:
        for item in items.split():
            if only and item not in only: continue
            with tempfile.TemporaryDirectory() as folder:
                run = subprocess.run([program, "reproduce", item, "--quick", "--jobs", "1", "--output", f"{folder}/site", "--json"],
                                     capture_output=True, text=True, timeout=900, env={**os.environ, "MUTATION": str(number)})
            tried[item] += 1
            if run.returncode == 1 or run.returncode < 0:
                found = "crashed" if run.returncode < 0 else ""
                try: found = found or json.loads(run.stdout)["items"][0]["differing"][0][:110]
                except Exception: pass
                turned[item].append(f"{number}: {found}")
            print(number, item, "turned" if run.returncode else "STANDS", flush=True)
    for item, found in turned.items():
        print(f"{item}: {'; '.join(found) if found else 'not turned' if tried[item] else 'no mutation'}")
    print(sum(bool(found) for found in turned.values()), "of", len(turned))
PYTHON
