package io.med3dinsight.report;

import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.awt.font.FontRenderContext;
import java.util.Optional;

/** Whether this Java can write into pictures; a minimal container may hold no fonts. */
final class Lettering {
  private static final String MISSING = find();

  private Lettering() {}

  /** Nothing when text can be drawn, otherwise a sentence that says why not and what to do. */
  static Optional<String> missing() {
    return Optional.ofNullable(MISSING);
  }

  static Font plain(int size) {
    return new Font(Font.SANS_SERIF, Font.PLAIN, size);
  }

  static Font bold(int size) {
    return new Font(Font.SANS_SERIF, Font.BOLD, size);
  }

  private static String find() {
    try {
      if (GraphicsEnvironment.getLocalGraphicsEnvironment().getAllFonts().length > 0) {
        plain(12).getStringBounds("A", new FontRenderContext(null, true, true));
        return null;
      }
      return sentence("it finds no font");
    } catch (RuntimeException | LinkageError e) {
      // What the Java platform throws without fontconfig or freetype differs from one to the next.
      return sentence(e.toString());
    }
  }

  private static String sentence(String reason) {
    return "This Java cannot write into pictures ("
        + reason
        + "): install fontconfig and a font, on Debian and Ubuntu with"
        + " 'apt-get install fontconfig fonts-dejavu-core'.";
  }
}
