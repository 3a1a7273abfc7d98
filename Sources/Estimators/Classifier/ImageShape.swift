/// The shape of an image whose numbers stand row after row, pixel after pixel, the channels of a pixel side by side.
public struct ImageShape: Equatable, Sendable {
  /// The number of rows of pixels.
  public var height: Int
  /// The number of columns of pixels.
  public var width: Int
  /// The number of channels, such as 3 for colours.
  public var channelCount: Int

  /// The shape of gray images, unless there are more channels.
  public init(height: Int, width: Int, channelCount: Int = 1) {
    self.height = height
    self.width = width
    self.channelCount = channelCount
  }

  /// The numbers of one image; the largest integer where they are too many to be counted.
  public var count: Int {
    let (pixels, areMany) = height.multipliedReportingOverflow(by: width)
    let (numbers, areMore) = pixels.multipliedReportingOverflow(by: channelCount)
    return areMany || areMore ? .max : numbers
  }
}
