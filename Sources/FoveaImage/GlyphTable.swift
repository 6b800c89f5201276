/// The strokes of the built-in font, in the notation of ``StrokeFont``.
enum GlyphTable {
  /// Character, room on its left, room on its right, strokes.
  static let glyphs: [(Unicode.Scalar, Double, Double, String)] = smallLetters + capitals + digits + signs

  // Room beside upright stems, round sides, and slanted or open sides.
  private static let stem = 0.8
  private static let round = 0.6
  private static let open = 0.35
  private static let slant = 0.3

  private static let smallLetters: [(Unicode.Scalar, Double, Double, String)] = [
    ("a", round, stem, "M.35 4.4 C.8 4.85 1.2 5 1.75 5 h3.3 3.5 V0 M3.3 2.9 H1.7 h0 1.45 v1.5 0 h3.3 1.5"),
    ("b", stem, round, "M0 7 V0 M0 3.2 v1.9 5 h3.7 2.5 v1.9 0 h0 1.8"),
    ("c", round, open, "M3.3 4.25 C2.95 4.75 2.5 5 1.9 5 h0 2.5 v1.9 0 C2.5 0 2.95 .25 3.3 .75"),
    ("d", round, stem, "M3.7 7 V0 M3.7 3.2 v1.8 5 h0 2.5 v1.8 0 h3.7 1.8"),
    ("e", round, round, "M0 2.6 H3.7 v1.9 5 h0 2.6 v2 0 C2.7 0 3.15 .25 3.5 .75"),
    ("f", slant, slant, "M2.7 7 H2.3 h1 5.7 V0 M0 5 H2.5"),
    (
      "g", round, stem,
      "M3.7 5 V-.3 v1.9 -2 C1.2 -2 .75 -1.85 .35 -1.4 M3.7 3.2 v1.8 5 h0 2.5 v1.8 0 h3.7 1.8"
    ),
    ("h", stem, stem, "M0 7 V0 M0 3.2 v1.8 5 h3.5 3.2 V0"),
    ("i", stem, stem, "M0 5 V0 D0 7"),
    ("ı", stem, stem, "M0 5 V0"),
    ("j", 0, stem, "M1.2 5 V-.8 v0 -2 D1.2 7"),
    ("k", stem, slant, "M0 7 V0 M3.2 5 L0 2.1 M1.2 3.2 L3.4 0"),
    ("l", stem, slant, "M0 7 V1.2 v1.2 0 H1.5"),
    ("ł", stem, slant, "M0 7 V1.2 v1.2 0 H1.5 M-.8 2.8 L1.2 4.2"),
    ("m", stem, stem, "M0 5 V0 M0 3.4 v1.6 5 h3 3.4 V0 M3 3.4 v4.6 5 h6 3.4 V0"),
    ("n", stem, stem, "M0 5 V0 M0 3.2 v1.8 5 h3.5 3.2 V0"),
    ("o", round, round, "M0 2.5 v1.95 5 h3.9 2.5 v1.95 0 h0 2.5"),
    ("p", stem, round, "M0 5 V-2 M0 3.2 v1.9 5 h3.7 2.5 v1.9 0 h0 1.8"),
    ("q", round, stem, "M3.7 5 V-2 M3.7 3.2 v1.8 5 h0 2.5 v1.8 0 h3.7 1.8"),
    ("r", stem, slant, "M0 5 V0 M0 3 v1.7 5 H2.2"),
    (
      "s", round, round,
      "M3.1 4.35 C2.7 4.8 2.2 5 1.6 5 h.1 3.75 C.1 2.9 .9 2.7 1.65 2.5 C2.5 2.28 3.2 2 3.2 1.25 v1.6 0 C.9 0 .4 .2 0 .7"
    ),
    ("t", slant, slant, "M1 6.6 V1.4 v2.2 0 H2.6 M0 5 H2.6"),
    ("u", stem, stem, "M0 5 V1.8 v1.7 0 h3.5 1.8 M3.5 5 V0"),
    ("v", slant, slant, "M0 5 L1.85 0 L3.7 5"),
    ("w", slant, slant, "M0 5 L1.35 0 L2.75 4.7 L4.15 0 L5.5 5"),
    ("x", slant, slant, "M.1 5 L3.4 0 M3.3 5 L0 0"),
    ("y", slant, slant, "M0 5 L1.85 .2 M3.7 5 L1.6 -.9 C1.3 -1.7 .9 -2 .2 -2"),
    ("z", open, open, "M.1 5 H3.2 L0 0 H3.3"),
    ("ß", stem, round, "M0 0 V5.3 v1.8 7 h3.4 5.5 v2.2 4 h3.9 2 v2.2 0 H1.6"),
    (
      "æ", round, round,
      "M.3 4.45 C.7 4.85 1.1 5 1.5 5 h3 3.4 V1.6 M3 2.6 H1.5 h0 1.3 v1.4 0 h3 1.6 v4.7 0 C5.4 0 5.8 .3 6.1 .8 M3 2.6 H6.3 v4.7 5 h3 2.6"
    ),
    (
      "œ", round, round,
      "M0 2.5 v1.7 5 h3.3 2.5 v1.7 0 h0 2.5 M3.3 2.6 H6.7 v5 5 h3.3 2.6 v5.1 0 C5.8 0 6.2 .3 6.5 .8"
    ),
    ("ø", round, round, "M0 2.5 v1.95 5 h3.9 2.5 v1.95 0 h0 2.5 M.1 -.4 L3.8 5.4"),
  ]

  private static let capitals: [(Unicode.Scalar, Double, Double, String)] = [
    ("A", slant, slant, "M0 0 L2.5 7 L5 0 M.85 2.4 H4.15"),
    ("B", stem, round, "M0 0 V7 H2.2 h4 5.35 v2.2 3.7 H0 M2.2 3.7 h4.3 1.85 v2.3 0 H0"),
    ("C", round, open, "M4.7 5.8 C4.2 6.6 3.5 7 2.7 7 h0 3.5 v2.7 0 C3.5 0 4.2 .4 4.7 1.2"),
    ("D", stem, round, "M0 0 V7 H2 h4.7 3.5 v2 0 H0"),
    ("E", stem, open, "M3.8 7 H0 V0 H3.9 M0 3.6 H3.4"),
    ("F", stem, slant, "M3.8 7 H0 V0 M0 3.6 H3.3"),
    ("G", round, stem, "M4.7 5.8 C4.2 6.6 3.5 7 2.7 7 h0 3.5 v2.7 0 C3.6 0 4.3 .3 4.8 .9 V3.3 H3"),
    ("H", stem, stem, "M0 0 V7 M4.5 0 V7 M0 3.6 H4.5"),
    ("I", stem, stem, "M0 0 V7"),
    ("J", round, stem, "M2.6 7 V1.9 v.9 0 C.6 0 .3 .05 0 .15"),
    ("K", stem, slant, "M0 0 V7 M4.2 7 L0 2.7 M1.5 4.2 L4.5 0"),
    ("L", stem, slant, "M0 7 V0 H3.7"),
    ("M", stem, stem, "M0 0 V7 L2.8 2.2 L5.6 7 V0"),
    ("N", stem, stem, "M0 0 V7 L4.5 0 V7"),
    ("O", round, round, "M0 3.5 v2.7 7 h5.4 3.5 v2.7 0 h0 3.5"),
    ("P", stem, open, "M0 0 V7 H2.3 h4.2 5.1 v2.3 3.2 H0"),
    ("Q", round, round, "M0 3.5 v2.7 7 h5.4 3.5 v2.7 0 h0 3.5 M3.4 1.6 L5.3 -.5"),
    ("R", stem, slant, "M0 0 V7 H2.3 h4.2 5.15 v2.3 3.3 H0 M2.3 3.3 L4.5 0"),
    (
      "S", round, round,
      "M4.1 6.1 C3.6 6.7 2.9 7 2.15 7 h.15 5.3 C.15 4.1 1.2 3.8 2.15 3.55 C3.3 3.25 4.35 2.9 4.35 1.75 v2.2 0 C1.3 0 .5 .35 0 1"
    ),
    ("T", slant, slant, "M0 7 H4.8 M2.4 7 V0"),
    ("U", stem, stem, "M0 7 V2.3 v2.25 0 h4.5 2.3 V7"),
    ("V", slant, slant, "M0 7 L2.45 0 L4.9 7"),
    ("W", slant, slant, "M0 7 L1.75 0 L3.6 6.4 L5.45 0 L7.2 7"),
    ("X", slant, slant, "M.1 7 L4.6 0 M4.5 7 L0 0"),
    ("Y", slant, slant, "M0 7 L2.4 3.3 L4.8 7 M2.4 3.3 V0"),
    ("Z", open, open, "M.1 7 H4.3 L0 0 H4.4"),
    ("Æ", slant, open, "M0 0 L2.9 7 H6.6 M3.6 7 V0 H6.8 M3.6 3.6 H6.2 M1 2.4 H3.6"),
    ("Œ", round, open, "M3.4 7 H2.7 h0 3.5 v2.7 0 H7.2 M3.6 7 V0 M3.4 7 H7.1 M3.6 3.6 H6.6"),
    ("Ø", round, round, "M0 3.5 v2.7 7 h5.4 3.5 v2.7 0 h0 3.5 M.3 -.4 L5.1 7.4"),
    ("Ł", stem, slant, "M0 7 V0 H3.7 M-.9 2.6 L1.8 4.6"),
  ]

  private static let digits: [(Unicode.Scalar, Double, Double, String)] = [
    ("0", round, round, "M0 3.5 v1.9 7 h3.8 3.5 v1.9 0 h0 3.5"),
    ("1", round, round, "M.3 5.6 L2 7 V0 M.3 0 H3.7"),
    ("2", round, round, "M.1 5.5 C.35 6.5 1 7 1.85 7 h3.6 5.2 C3.6 3.7 1.5 2.2 0 0 H3.8"),
    (
      "3", round, round,
      "M.2 6.1 C.6 6.7 1.1 7 1.75 7 h3.5 5.35 v1.8 3.7 H1.2 M1.8 3.7 h3.75 1.85 v1.75 0 C1 0 .4 .3 0 .9"
    ),
    ("4", round, round, "M2.9 0 V7 L0 2.1 H3.9"),
    ("5", round, round, "M3.4 7 H.5 L.3 3.85 C.7 4.2 1.2 4.4 1.8 4.4 h3.75 2.2 v1.75 0 C1 0 .4 .25 0 .7"),
    ("6", round, round, "M3.3 6.3 C3 6.75 2.6 7 2.05 7 h0 3.7 V2.15 v1.9 0 h3.8 2.15 v1.9 4.3 h0 2.15"),
    ("7", round, round, "M0 7 H3.8 L1.4 0"),
    (
      "8", round, round,
      "M.2 5.35 v1.9 7 h3.6 5.35 v1.9 3.7 h.2 5.35 M0 1.85 v1.9 3.7 h3.8 1.85 v1.9 0 h0 1.85"
    ),
    ("9", round, round, "M.5 .7 C.8 .25 1.2 0 1.75 0 h3.8 3.3 V4.85 v1.9 7 h0 4.85 v1.9 2.7 h3.8 4.85"),
  ]

  private static let signs: [(Unicode.Scalar, Double, Double, String)] = [
    ("!", 1, 1, "M0 7 V2.3 D0 0"),
    ("\"", stem, stem, "M0 7 V5 M1.6 7 V5"),
    ("#", open, open, "M1 0 L2 7 M3.2 0 L4.2 7 M.2 4.7 H5.1 M.1 2.3 H5"),
    (
      "$", round, round,
      "M3.8 5.6 C3.4 6.1 2.7 6.3 2 6.3 h.1 4.95 C.1 4 1 3.75 2 3.5 C3.1 3.2 4 2.9 4 1.95 v2 .6 C1.2 .6 .5 .9 0 1.4 M2 7.4 V-.5"
    ),
    (
      "%", round, round,
      "M0 5.4 v1.1 7 h2.2 5.4 v1.1 3.8 h0 5.4 M4 1.6 v5.1 3.2 h6.2 1.6 v5.1 0 h4 1.6 M4.9 7 L1.3 0"
    ),
    (
      "&", round, slant,
      "M5 0 L1.2 4.4 C.9 4.8 .7 5.2 .7 5.6 v2 7 h3.2 5.7 C3.2 4.9 2.6 4.5 1.9 4.1 C.8 3.4 0 2.9 0 1.8 v1.9 0 C3.3 0 4.3 1.2 4.6 3"
    ),
    ("'", stem, stem, "M0 7 V5"),
    ("(", round, open, "M1.5 7.5 C.5 6.3 0 4.8 0 3 C0 1.2 .5 -.3 1.5 -1.5"),
    (")", open, round, "M0 7.5 C1 6.3 1.5 4.8 1.5 3 C1.5 1.2 1 -.3 0 -1.5"),
    ("*", open, open, "M1.4 7 V4 M.1 6.3 L2.7 4.7 M2.7 6.3 L.1 4.7"),
    ("+", round, round, "M0 3.1 H4.2 M2.1 5.2 V1"),
    (",", stem, stem, "M.5 .1 L0 -1.4"),
    ("-", open, open, "M0 2.6 H2.2"),
    (".", stem, stem, "D0 0"),
    ("/", slant, slant, "M0 -1 L2.8 7.4"),
    (":", 1, 1, "D0 0 D0 5"),
    (";", stem, 1, "D.5 5 M.5 .1 L0 -1.4"),
    ("<", round, round, "M3.8 5.3 L0 3.1 L3.8 .9"),
    ("=", round, round, "M0 4.3 H4.2 M0 2 H4.2"),
    (">", round, round, "M0 5.3 L3.8 3.1 L0 .9"),
    ("?", open, open, "M0 5.7 C.3 6.6 .9 7 1.65 7 h3.3 5.5 C3.3 4.1 1.5 4.1 1.5 2.3 D1.5 0"),
    (
      "@", round, round,
      "M5.6 -.7 C4.9 -1.1 4.2 -1.4 3.4 -1.4 h0 2.7 v3.5 6.5 h6.9 3.1 C6.9 1.9 6.5 1.1 5.8 1.1 h4.9 2.2 V4.3 M4.9 2.8 v3.5 4.4 h2.1 2.75 v3.5 1.1 h4.9 2.8"
    ),
    ("[", stem, open, "M1.4 7.5 H0 V-1.5 H1.4"),
    ("\\", slant, slant, "M0 7.4 L2.8 -1"),
    ("]", open, stem, "M0 7.5 H1.4 V-1.5 H0"),
    ("^", open, open, "M0 4.6 L1.6 7 L3.2 4.6"),
    ("_", 0, 0, "M.2 -1.2 H4.4"),
    ("`", open, open, "M0 7 L1 5.8"),
    ("{", open, open, "M2 7.5 H1.8 h.9 6.5 V4.1 v0 3 h.9 1.9 V-.5 v1.8 -1.5 H2"),
    ("|", 1, 1, "M0 7.5 V-1.5"),
    ("}", open, open, "M0 7.5 H.2 h1.1 6.5 V4.1 v2 3 h1.1 1.9 V-.5 v.2 -1.5 H0"),
    ("~", round, round, "M0 2.6 C.4 3.4 .8 3.7 1.4 3.7 C2.4 3.7 2.4 2.5 3.4 2.5 C4 2.5 4.4 2.8 4.8 3.6"),
    ("±", round, round, "M0 3.9 H4.2 M2.1 5.9 V1.9 M0 0 H4.2"),
    ("×", round, round, "M.2 4.8 L3.6 1.4 M3.6 4.8 L.2 1.4"),
    ("÷", round, round, "M0 3.1 H4.2 D2.1 5.3 D2.1 .9"),
    ("\u{2212}", round, round, "M0 3.1 H4.2"),
    ("–", open, open, "M0 2.6 H3.6"),
    ("—", 0, 0, "M.3 2.6 H7.2"),
    ("…", stem, stem, "D0 0 D2.4 0 D4.8 0"),
    ("°", open, open, "M0 5.8 v1.1 7 h2.2 5.8 v1.1 4.6 h0 5.8"),
    ("·", stem, stem, "D0 3.1"),
    ("•", round, round, "M0 3.1 v.6 3.7 h1.2 3.1 v.6 2.5 h0 3.1 H1.2"),
    ("→", round, round, "M0 3.1 H5.6 M3.6 5.1 L5.6 3.1 L3.6 1.1"),
    ("←", round, round, "M5.6 3.1 H0 M2 5.1 L0 3.1 L2 1.1"),
    ("↑", round, round, "M2 0 V7 M0 5 L2 7 L4 5"),
    ("↓", round, round, "M2 7 V0 M0 2 L2 0 L4 2"),
    ("≤", round, round, "M3.8 6.2 L0 4.2 L3.8 2.2 M0 0 H3.8"),
    ("≥", round, round, "M0 6.2 L3.8 4.2 L0 2.2 M0 0 H3.8"),
    ("≠", round, round, "M0 4.3 H4.2 M0 2 H4.2 M3.3 6 L.9 .3"),
    (
      "≈", round, round,
      "M0 3.7 C.4 4.5 .8 4.8 1.4 4.8 C2.4 4.8 2.4 3.6 3.4 3.6 C4 3.6 4.4 3.9 4.8 4.7 M0 1.2 C.4 2 .8 2.3 1.4 2.3 C2.4 2.3 2.4 1.1 3.4 1.1 C4 1.1 4.4 1.4 4.8 2.2"
    ),
    ("µ", stem, stem, "M0 5 V-2 M0 1.8 v1.7 0 h3.5 1.8 M3.5 5 V0"),
    ("²", open, open, "M0 6.2 C.1 6.8 .5 7 1.1 7 C1.8 7 2.2 6.7 2.2 6.1 C2.2 5.2 1 4.6 0 3.6 H2.3"),
    (
      "³", open, open,
      "M.1 6.6 C.4 6.9 .7 7 1.1 7 C2.4 7 2.4 5.4 1.2 5.4 C2.6 5.4 2.6 3.6 1.1 3.6 C.6 3.6 .3 3.7 0 4.1"
    ),
    ("✓", round, round, "M0 3 L2 .6 L5.4 6"),
    ("✗", round, round, "M.2 5.4 L4.4 .6 M4.4 5.4 L.2 .6"),
    ("‘", stem, stem, "M0 5.5 L.4 7"),
    ("’", stem, stem, "M.4 7 L0 5.5"),
    ("“", stem, stem, "M0 5.5 L.4 7 M1.6 5.5 L2 7"),
    ("”", stem, stem, "M.4 7 L0 5.5 M2 7 L1.6 5.5"),
    ("„", stem, stem, "M.5 .1 L0 -1.4 M2.1 .1 L1.6 -1.4"),
    ("«", open, open, "M1.7 4.4 L0 2.5 L1.7 .6 M3.6 4.4 L1.9 2.5 L3.6 .6"),
    ("»", open, open, "M0 4.4 L1.7 2.5 L0 .6 M1.9 4.4 L3.6 2.5 L1.9 .6"),
    (
      "€", round, open,
      "M4.5 5.9 C4.1 6.6 3.6 7 2.95 7 h.8 3.5 v2.95 0 C3.6 0 4.1 .4 4.5 1.1 M0 4.2 H3.6 M0 2.8 H3.6"
    ),
    ("£", open, open, "M4 5.9 C3.8 6.6 3.3 7 2.6 7 h1 5.4 V2 C1 1 .7 .4 0 0 H4.1 M0 3.5 H3.2"),
    ("¿", open, open, "M3.3 -.7 C3 -1.6 2.4 -2 1.65 -2 h0 -.5 C0 .9 1.8 .9 1.8 2.7 D1.8 5"),
    ("¡", 1, 1, "M0 -2 V2.7 D0 5"),
    ("\u{25A1}", round, round, "M0 0 V7 H4 V0 H0"),
  ]

  /// Marks for small letters, about x = 0.
  static let marks: [Unicode.Scalar: String] = [
    "`": "M-.6 7.1 L.4 6", "´": "M.6 7.1 L-.4 6", "^": "M-1 6 L0 7.1 L1 6", "ˇ": "M-1 7.1 L0 6 L1 7.1",
    "¨": "M-.9 6.7 L-.9 6.7 M.9 6.7 L.9 6.7",
    "~": "M-1.3 6.1 C-1 6.6 -.8 6.7 -.5 6.7 C0 6.7 .1 6.2 .5 6.2 C.8 6.2 1 6.3 1.3 6.8",
    "°": "M-.7 6.5 v0 7.2 h.7 6.5 v0 5.8 h-.7 6.5", "¯": "M-1 6.4 H1", "˘": "M-1 6.9 C-.7 6 .7 6 1 6.9",
    "˙": "M0 6.7 L0 6.7", "˝": "M-.3 7.1 L-.9 6 M1 7.1 L.4 6", "¸": "M.1 -.2 L0 -.8 C.8 -.8 .8 -2 -.5 -1.8",
  ]

  /// A letter, the letter it is made of, and its mark.
  static let compositions: [(Unicode.Scalar, Unicode.Scalar, Unicode.Scalar)] = {
    let text =
      "ÀA`ÁA´ÂA^ÃA~ÄA¨ÅA°ÇC¸ÈE`ÉE´ÊE^ËE¨ÌI`ÍI´ÎI^ÏI¨ÑN~ÒO`ÓO´ÔO^ÕO~ÖO¨ÙU`ÚU´ÛU^ÜU¨ÝY´"
      + "àa`áa´âa^ãa~äa¨åa°çc¸èe`ée´êe^ëe¨ìı`íı´îı^ïı¨ñn~òo`óo´ôo^õo~öo¨ùu`úu´ûu^üu¨ýy´ÿy¨"
      + "ĀA¯āa¯ĂA˘ăa˘ĆC´ćc´ČCˇčcˇĎDˇĒE¯ēe¯ĖE˙ėe˙ĚEˇěeˇĞG˘ğg˘İI˙ĪI¯īı¯ŃN´ńn´ŇNˇňnˇŌO¯ōo¯ŐO˝őo˝ŘRˇřrˇ"
      + "ŚS´śs´ŞS¸şs¸ŠSˇšsˇŢT¸ţt¸ŤTˇŪU¯ūu¯ŮU°ůu°ŰU˝űu˝ŸY¨ŹZ´źz´ŻZ˙żz˙ŽZˇžzˇ"
    let scalars = Array(text.unicodeScalars)
    return stride(from: 0, to: scalars.count, by: 3).map { (scalars[$0], scalars[$0 + 1], scalars[$0 + 2]) }
  }()

  /// Characters that look like others.
  static let aliases: [(Unicode.Scalar, Unicode.Scalar)] = [
    ("\u{2010}", "-"), ("\u{2011}", "-"), ("\u{3BC}", "µ"), ("\u{202F}", " "), ("\u{2009}", " "), ("‹", "<"),
    ("›", ">"), ("✔", "✓"), ("✘", "✗"), ("´", "'"), ("¨", "\""), ("¦", "|"), ("¯", "-"), ("¸", ","),
  ]
}
