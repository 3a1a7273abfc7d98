// Stories that the papers tell, each a setting and two sentences.

const flat = [1, 1, 1, 1, 1, 1];
const base = {
  depth: 2, inputs: 6, outputs: 6, hidden: 6, start: "spectral", size: 1e-3, imbalance: 0, spectrum: [5, 3.6, 2.5, 1.4], covariance: flat,
  angle: 0, objective: "factorization", share: 0.6, measurements: 2, kind: "flow", step: 0.01, momentum: 0, duration: 1, seed: 1,
};
const scene = (name, title, text, change, compare = []) => ({
  name, title, text, settings: { ...base, ...change }, compare: compare.map((other) => ({ ...base, ...change, ...other })),
});

export const scenes = [
  scene("steps", "One after another",
    "Two layers that start near zero learn the strongest component first, and the next only when its own time has come. Make the start smaller and the steps come further apart, for the time of each is ln(σ/ε)/2σ.",
    { size: 1e-5 }),
  scene("saddles", "Saddle to saddle",
    "With four layers the path rests near a saddle, escapes along one component, and rests again at the next. The loss is a staircase: flat where the network has a rank too few, and steep where it gains one.",
    { depth: 4, size: 3e-3, spectrum: [5, 3.9, 3, 2.3], start: "balanced" }),
  scene("acceleration", "Implicit acceleration",
    "An imbalance between the two layers is conserved by gradient flow, and turns into speed: the rate of the slowest component grows with it. Compare the same problem without imbalance, kept beside it.",
    { spectrum: [3, 0.8, 0.25], inputs: 3, outputs: 3, hidden: 3, size: 0.05, imbalance: 2, duration: 0.6 }, [{ imbalance: 0 }]),
  scene("recovery", "Rank without a rank",
    "Half of the entries of a matrix of rank 2 are enough: a deep network that starts small fits them with two singular values and leaves the others near zero. A single layer, kept beside it, fits the same entries and fills the rest with nothing.",
    { objective: "completion", depth: 3, inputs: 12, outputs: 12, hidden: 12, spectrum: [10, 7], share: 0.5, size: 1e-3, start: "balanced" },
    [{ depth: 1 }]),
  scene("norms", "Norms diverge",
    "Three known entries of a 2×2 matrix can be met by one of small norm only with a determinant of the other sign, and the flow keeps its sign. So the loss goes to zero while the norm grows without bound: what is small here is the rank, not any norm.",
    { objective: "completion", depth: 2, inputs: 2, outputs: 2, hidden: 2, spectrum: [1, 1], share: 0.75, size: 0.05, start: "identity", table: "corner", duration: 16 }),
  scene("commuting", "Commuting or not",
    "When the directions of the inputs are those of the target, every component moves alone and the closed form runs dashed over the curves. Turn the inputs, and the components meet: the closed form is gone, and the page says which condition fails.",
    { objective: "regression", inputs: 4, outputs: 4, hidden: 4, spectrum: [4, 3, 2, 1], covariance: [1.5, 0.4, 1.2, 0.6], angle: 0, size: 1e-3 }),
  scene("edge", "Edge of stability",
    "Descent with a step beyond 2 over the sharpness cannot rest at the minimum: it oscillates, and a little further it is gone. Move the step across the mark; momentum moves the mark.",
    { depth: 2, inputs: 3, outputs: 3, hidden: 3, spectrum: [2, 1, 0.5], kind: "descent", step: 0.35, size: 0.01, duration: 2 }),
  scene("landscape", "Two numbers",
    "A network of two weights has a landscape one can see: valleys along w₁w₂ = σ, a saddle at the origin, and a path that keeps the difference of squares. Start larger or with an imbalance, and follow it.",
    { inputs: 1, outputs: 1, hidden: 1, spectrum: [2], size: 0.02, imbalance: 0.6, covariance: [1] }),
];
