import Records

/// What every page has around its content: the head with the style, and the three parts of the body.
struct PageFrame {
  var title: String
  var generator: Provenance?
  /// Markup of the parts; the footer may end in scripts.
  var header: String
  var main: String
  var footer: String

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="\(escapedMarkup(program))">
    <link rel="icon" href="data:,">
    <title>\(escapedMarkup(plainFormulas(title)))</title>
    <style>
    \(Self.colors)
    \(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
    </head>
    <body>
    <header>
    \(header)</header>
    <main>
    \(main)</main>
    \(footer)</body>
    </html>

    """
  }

  private var program: String {
    generator.map { "\($0.program) \($0.version)" } ?? "DeepLinear"
  }

  /// Light is the rule, dark the exception of a dark screen: paper is always light.
  private static let colors = """
    :root{\(Theme.light.declarations)--link:#0060a0;--wash:#f4f5f7;--good:#00704f;--bad:#b3261e;--warm:#b86e00;}
    @media screen and (prefers-color-scheme:dark){
    :root{\(Theme.dark.declarations)--link:#7cc0f0;--wash:#1f242b;--good:#4cc79a;--bad:#ff8a7a;--warm:#e69f00;}
    }
    """
}
