/// The shape of an image whose numbers stand row after row, pixel after pixel, the channels of a pixel side by side.
public struct ImageShape: Equatable, Sendable {
  public var height: Int
  public var width: Int
  public var channelCount: Int

  public init(height: Int, width: Int, channelCount: Int = 1) {
    self.height = height
    self.width = width
    self.channelCount = channelCount
  }

  /// The numbers of one image.
  public var count: Int { height * width * channelCount }
}
