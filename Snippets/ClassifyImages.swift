// How do I train an image classifier whose dense layers are deep linear networks, and make them single layers again?

import DeepLinear

// Images of 14×14 pixels with a bar in noise: lying, standing, or on the diagonal.
func bars(_ count: Int, using generator: inout SeededGenerator) -> (Matrix, [Int]) {
  var images = Matrix.gaussian(
    rowCount: count, columnCount: 196, standardDeviation: 0.3, using: &generator)
  let labels = (0..<count).map { $0 % 3 }
  for (image, label) in labels.enumerated() {
    let place = generator.nextIndex(below: 14)
    for k in 0..<14 {
      let (y, x) = [(place, k), (k, place), (k, k)][label]
      images[image, 14 * y + x] += 1
    }
  }
  return (images, labels)
}
var generator = SeededGenerator(seed: 1)
let (images, labels) = bars(900, using: &generator)
let (newImages, newLabels) = bars(300, using: &generator)

// Both begin as the same function and see the same batches.
var classifier = ConvolutionalClassifier(
  imageShape: ImageShape(height: 14, width: 14), channelCounts: [8, 16], kernelSize: 3,
  hiddenWidths: [32], stepSize: 0.005, batchSize: 30, epochCount: 5)
let plain = try classifier.fit(images, labels: labels)
classifier.denseDepths = [3, 3]
let deep = try classifier.fit(images, labels: labels)
func mean(_ losses: [Double]) -> Double { losses.reduce(0, +) / Double(losses.count) }
print(
  "mean loss: \(mean(plain.losses)) plain, \(mean(deep.losses)) deep"
)
precondition(mean(deep.losses) < mean(plain.losses))

// One matrix for each dense layer: the same answers, and no more numbers than the plain network.
let collapsed = deep.collapsed()
print("accuracy \(collapsed.accuracy(newImages, labels: newLabels))")
precondition(collapsed.accuracy(newImages, labels: newLabels) > 0.95)
precondition(collapsed.parameterCount == plain.parameterCount)
precondition(collapsed.predict(newImages) == deep.predict(newImages))
