package io.med3dinsight.report;

import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.awt.font.FontRenderContext;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether this Java can write into pictures; a minimal container may hold no fonts. */
final class Lettering {
  private static final Logger LOG = LoggerFactory.getLogger(Lettering.class);
  private static final String MISSING = find();

  static {
    if (MISSING != null) {
      LOG.warn("{} Until then pictures have no text, and curves are not drawn.", MISSING);
    }
  }

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
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      // Without fonts, fontconfig or freetype Java throws anything up to a plain Error.
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
