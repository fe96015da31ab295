package io.med3dinsight.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Builds a page. Everything that comes in as text is escaped here and nowhere else. */
final class Html {
  /**
   * A table's cell.
   *
   * @param style names of CSS classes; "n" for a number
   */
  record Cell(String text, String style) {
    static Cell of(String text) {
      return new Cell(text, "");
    }

    static Cell number(String text) {
      return new Cell(text, "n");
    }
  }

  private final StringBuilder out = new StringBuilder();

  Html raw(String markup) {
    out.append(markup);
    return this;
  }

  Html element(String tag, String style, String text) {
    out.append('<').append(tag);
    if (!style.isEmpty()) {
      out.append(" class=\"").append(style).append('"');
    }
    out.append('>').append(Text.html(text)).append("</").append(tag).append(">\n");
    return this;
  }

  Html heading(String text) {
    return element("h2", "", text);
  }

  Html smallHeading(String text) {
    return element("h3", "", text);
  }

  Html paragraph(String text) {
    return element("p", "", text);
  }

  Html note(String text) {
    return text.isEmpty() ? this : element("p", "note", text);
  }

  /** A table; the header's cells take the style of the first row's. */
  Html table(List<String> header, List<List<Cell>> rows) {
    out.append("<div class=\"wide\"><table>\n<thead><tr>");
    for (int i = 0; i < header.size(); i++) {
      boolean number = !rows.isEmpty() && rows.get(0).get(i).style.contains("n");
      element("th", number ? "n" : "", header.get(i));
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (List<Cell> row : rows) {
      out.append("<tr>");
      row.forEach(cell -> element("td", cell.style, cell.text));
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
    return this;
  }

  /** Names and what they are. */
  Html definitions(Map<String, String> entries) {
    out.append("<dl>\n");
    entries.forEach((name, text) -> element("dt", "", name).element("dd", "", text));
    out.append("</dl>\n");
    return this;
  }

  /**
   * A PNG, put into the page itself.
   *
   * @param alternative what is said to people who do not see it
   * @param caption empty for none
   */
  Html picture(String style, Path png, String alternative, String caption) throws IOException {
    out.append("<figure class=\"").append(style).append("\"><img alt=\"");
    out.append(Text.html(alternative)).append("\" src=\"data:image/png;base64,");
    out.append(Base64.getEncoder().encodeToString(Files.readAllBytes(png))).append("\"/>\n");
    if (!caption.isEmpty()) {
      element("figcaption", "", caption);
    }
    out.append("</figure>\n");
    return this;
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
