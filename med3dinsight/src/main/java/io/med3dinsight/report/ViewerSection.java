package io.med3dinsight.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The page's viewer: NiiVue with the cases in the page itself, so that it works from a file and
 * without a network.
 */
final class ViewerSection {
  private static final String VIEWER = "viewer/niivue.umd.js";
  private static final String SCRIPT = "viewer/viewer.js";
  private static final List<String> PLANES = List.of("sagittal", "coronal", "axial");

  private final Html html;
  private final List<ViewedCase> cases;

  ViewerSection(Html html, List<ViewedCase> cases) {
    this.html = html;
    this.cases = cases;
  }

  /**
   * Writes the viewer; nothing when there is no case for it.
   *
   * @param titles what the cases are called, in their order
   */
  void write(List<String> titles) throws IOException {
    if (cases.isEmpty()) {
      return;
    }
    html.smallHeading("Look through a case");
    html.raw("<div class=\"viewer\" id=\"viewer\" data-state=\"loading\">\n");
    html.raw("<div class=\"controls\">\n<label>case <select id=\"viewer-case\">");
    titles.forEach(title -> html.element("option", "", title));
    html.raw("</select></label>\n");
    box("prediction", true);
    box("reference", false);
    html.raw("<label>opacity <input type=\"range\" id=\"viewer-strength\" min=\"0\" max=\"1\"");
    html.raw(" step=\"0.05\" value=\"0.55\"/></label>\n");
    html.raw("<span class=\"legend\" id=\"viewer-legend\"></span>\n</div>\n");
    html.raw("<div class=\"stage\"><canvas id=\"viewer-canvas\" width=\"900\" height=\"380\">");
    html.raw("</canvas></div>\n<div class=\"controls planes\">\n");
    for (String plane : PLANES) {
      html.raw("<label>" + plane + " <input type=\"range\" id=\"viewer-" + plane + "\" min=\"0\"");
      html.raw(" max=\"1\" value=\"0\"/> <output id=\"viewer-" + plane + "-at\"></output>");
      html.raw("</label>\n");
    }
    html.raw("</div>\n<p class=\"note\" id=\"viewer-place\"></p>\n");
    html.raw("<p class=\"note\" id=\"viewer-note\"></p>\n</div>\n");
    html.note(
        "Scroll over a plane to go through its slices, click to move the crosshair, drag with the"
            + " right button for the contrast. The patient's left is on the left.");
    html.raw("<script type=\"application/json\" id=\"viewer-data\">" + json() + "</script>\n");
    script(VIEWER);
    script(SCRIPT);
  }

  private void box(String name, boolean on) {
    html.raw("<label><input type=\"checkbox\" id=\"viewer-" + name + "\"");
    html.raw((on ? " checked=\"checked\"" : "") + "/> " + name + "</label>\n");
  }

  /** A script's text is closed by nothing but its end tag, and as XML by the end of CDATA. */
  private void script(String resource) throws IOException {
    String text = resource(resource);
    if (text.contains("</script") || text.contains("]]>")) {
      throw new IllegalStateException(resource + " cannot be put into a page");
    }
    html.raw("<script>//<![CDATA[\n").raw(text).raw("\n//]]></script>\n");
  }

  private String json() {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode list = mapper.createArrayNode();
    for (ViewedCase c : cases) {
      ObjectNode node = list.addObject();
      node.put("id", c.id()).put("note", c.note());
      node.put("image", c.image());
      node.put("prediction", c.prediction());
      node.put("reference", c.reference());
      ArrayNode start = node.putArray("start");
      for (double share : c.start()) {
        start.add(share);
      }
      structures(c, node.putArray("structures"));
    }
    try {
      // Text of the user's could otherwise end the script, or be taken for markup.
      return mapper
          .writeValueAsString(list)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of text and numbers is JSON", e);
    }
  }

  private static void structures(ViewedCase c, ArrayNode into) {
    int n = 0;
    for (int label : c.names().keySet()) {
      if (label != 0) {
        into.addObject()
            .put("label", label)
            .put("name", c.names().get(label))
            .put("color", Palette.css(Palette.structure(n++)));
      }
    }
  }

  static String resource(String name) throws IOException {
    try (InputStream in = ViewerSection.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("The program's jar is damaged: " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
