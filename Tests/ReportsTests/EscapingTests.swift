import Foundation
import Records
import Testing

@testable import Reports

@Suite struct EscapingTests {
  @Test func markupHasNoMeaning() {
    #expect(escapedMarkup(#"<a b="c">&'"#) == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;")
    #expect(escapedMarkup("a\u{0}\u{1B}b\n") == "a\u{FFFD}\u{FFFD}b\n")
  }

  @Test func scriptsSeeOnlyAString() throws {
    let text = JSONValue.string(DemoRecord.hostile + "\"\\\u{0}\u{2028}").text
    for forbidden in ["<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"] {
      #expect(!text.contains(forbidden))
    }
    let decoded = try JSONDecoder().decode([String].self, from: Data("[\(text)]".utf8))
    #expect(decoded == [DemoRecord.hostile + "\"\\\u{0}\u{2028}"])
  }

  @Test func keysKeepTheirOrderAndGapsAreNull() {
    let value: JSONValue = ["b": [1, true], "a": .numbers([0.5, .nan, .infinity])]
    #expect(value.text == #"{"b":[1,true],"a":[0.5,null,null]}"#)
  }

  @Test func labelsAreNoTemplates() {
    #expect(escapedLabel("%{x} $a$ <b>") == "%&#123;x} &#36;a&#36; &lt;b&gt;")
  }

  @Test(arguments: [
    ("a", "a"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a\nb\""),
    ("a\r\nb", "\"a\r\nb\""),
  ])
  func fieldsAreQuotedWhereNeeded(_ text: String, _ field: String) {
    #expect(escapedField(text) == field)
  }

  @Test func markdownIsText() {
    #expect(escapedMarkdown("*a* [b](c) <d> x|y\nz") == #"\*a\* \[b\](c) \<d\> x\|y z"#)
  }

  /// Formulas are read whole, words and braces within braces included, and digits have one way of being lowered.
  @Test func formulasHaveNoBracesLeft() {
    #expect(inline("e^{−2δ(σt − 1)}") == "e<sup>−2δ(σt − 1)</sup>")
    #expect(inline("N‖A‖_{2/N}^{2/N}") == "N‖A‖<sub>2/N</sub><sup>2/N</sup>")
    #expect(inline("σ_1, σ_{12} and σ₁") == "σ₁, σ₁₂ and σ₁")
    #expect(inline("x^{a_{i}}") == "x<sup>a<sub>i</sub></sup>")
    #expect(escapedLabel("e^{−0.1δ} & <b>") == "e<sup>−0.1δ</sup> &amp; &lt;b&gt;")
  }

  /// Where no markup can be, formulas have the characters of Unicode, or brackets; arguments and file names stay.
  @Test func formulasWithoutMarkup() {
    #expect(plainFormulas("N s₁^{2−2/N} at σ_{k+1}, x^{2}") == "N s₁^(2−2/N) at σₖ₊₁, x²")
    #expect(plainFormulas("a_b {c} x^2") == "a_b {c} x^2")
    #expect(settingMarkup("e^{−2δ} <x>") == "e<sup>−2δ</sup> &lt;x&gt;")
    #expect(settingMarkup("--input x_1.csv") == "--input x_1.csv")
  }

  @Test func numbersKeepTheirSigns() {
    #expect(inline("λ₀ = −0.8") == "λ₀ = <span class=\"n\">−0.8</span>")
    #expect(inline("by 1e-10 at most").contains("1<span") == false)
    #expect(inline("by 1e-10 at most").contains("<span class=\"n\">1e-10</span>"))
    #expect(inline("a well-known name") == "a well-known name")
  }

  @Test func linksLeadBesideThePageOrToTheWeb() {
    #expect(
      markup(.link("7 runs", to: "runs-1.html#point-2"), digits: 4)
        == #"<a href="runs-1.html#point-2">7 runs</a>"#)
    #expect(markup(.link("a", to: "https://x.org/"), digits: 4).hasPrefix("<a href"))
    for address in ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "http://x.org", ""] {
      #expect(markup(.link("a<b", to: address), digits: 4) == "a&lt;b")
    }
    #expect(
      markup(.link("<", to: "\"><script>"), digits: 4)
        == #"<a href="&quot;&gt;&lt;script&gt;">&lt;</a>"#)
  }

  @Test func proseKnowsCodeAndAddresses() {
    #expect(paragraphs("a\n\n b ") == "<p>a</p>\n<p> b </p>\n")
    #expect(inline("run `a<b` now") == "run <code>a&lt;b</code> now")
    #expect(inline("one ` alone") == "one ` alone")
    #expect(
      inline("see https://x.org/a?b=\"c\".").contains(#"href="https://x.org/a?b=&quot;c&quot;""#))
    #expect(inline("javascript:alert(1)") == "javascript:alert(1)")
    #expect(
      inline("t_ℓ ησ_i + W_1 (x)^t gas_d a_b_c x^2")
        == "t<sub>ℓ</sub> ησ<sub>i</sub> + W₁ (x)<sup>t</sup> gas_d a_b_c x<sup>2</sup>")
    #expect(
      inline("e^{−<x>} a_{ij} {b} `x^{2}`")
        == "e<sup>−&lt;x&gt;</sup> a<sub>ij</sub> {b} <code>x^{2}</code>")
    #expect(
      inline("√(4σ_min² + λ₀²) σ_max v_iᵀW B_ij, e^{−4σ_min t} col_min a_ij")
        == "√(4σ<sub>min</sub>² + λ₀²) σ<sub>max</sub> v<sub>i</sub>ᵀW B<sub>ij</sub>, "
        + "e<sup>−4σ<sub>min</sub> t</sup> col_min a_ij")
  }
}
