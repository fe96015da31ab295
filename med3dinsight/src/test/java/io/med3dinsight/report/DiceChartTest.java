package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.report.DiceChart.Method;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiceChartTest {
  @TempDir private Path folder;

  @BeforeEach
  void needsFonts() {
    assumeTrue(Lettering.missing().isEmpty(), "this Java has no fonts");
  }

  /** Seeds of each share, in the order 5 %, 10 %, 100 %; null where there is none. */
  private static Method method(String name, double[]... seeds) {
    double[] shares = {5, 10, 100};
    TreeMap<Double, double[]> dice = new TreeMap<>();
    for (int i = 0; i < seeds.length; i++) {
      if (seeds[i] != null) {
        dice.put(shares[i], seeds[i]);
      }
    }
    return new Method(name, dice);
  }

  private static double[] seeds(double... dice) {
    return dice;
  }

  private BufferedImage draw(List<Method> methods) throws IOException {
    Path png = folder.resolve("dice.png");
    DiceChart.write(png, methods, "scratch");
    BufferedImage picture = ImageIO.read(png.toFile());
    for (int x = picture.getWidth() - 8; x < picture.getWidth(); x++) {
      assertEquals(0, column(picture, x, Color.BLACK, 384), "something leaves the picture");
    }
    return picture;
  }

  /** Pixels of a column that are like a colour. */
  private static int column(BufferedImage p, int x, Color color, int tolerance) {
    int count = 0;
    for (int y = 0; y < p.getHeight(); y++) {
      Color c = new Color(p.getRGB(x, y));
      int far =
          Math.abs(c.getRed() - color.getRed())
              + Math.abs(c.getGreen() - color.getGreen())
              + Math.abs(c.getBlue() - color.getBlue());
      count += far <= tolerance ? 1 : 0;
    }
    return count;
  }

  /** Columns in which a colour occurs. */
  private static List<Integer> columns(BufferedImage p, Color color) {
    List<Integer> columns = new ArrayList<>();
    for (int x = 0; x < p.getWidth(); x++) {
      if (column(p, x, color, 0) > 0) {
        columns.add(x);
      }
    }
    return columns;
  }

  @Test
  void onlyMethodsWithEveryShareAreJoined() throws IOException {
    double[] two = seeds(0.7, 0.72);
    BufferedImage picture =
        draw(
            List.of(
                method("scratch", two, seeds(0.74, 0.75), seeds(0.8, 0.82)),
                method("triplet, shuffled:0.5", seeds(0.6), null, seeds(0.7))));
    assertEquals(DiceChart.DENSITY * DiceChart.WIDTH, picture.getWidth());
    List<Integer> joined = columns(picture, Palette.line(0));
    List<Integer> alone = columns(picture, Palette.line(1));
    assertTrue(joined.size() > 800, joined.size() + " columns");
    assertTrue(alone.size() < 80, alone.size() + " columns");
  }

  /** The legend stands right of the last share, whatever the names' lengths. */
  @Test
  void theLegendIsBesideTheData() throws IOException {
    List<Method> methods = new ArrayList<>();
    for (String kind : List.of("full_ot", "partial_ot", "triplet", "infonce")) {
      for (String captions : List.of("clean", "shuffled:0.2", "replaced:0.125")) {
        methods.add(
            method(kind + ", " + captions, seeds(0.7, 0.72), seeds(0.75), seeds(0.8, 0.81, 0.82)));
      }
    }
    BufferedImage picture = draw(methods);
    // Its lines: the last columns of the first colour that have no gap between them.
    List<Integer> columns = columns(picture, Palette.line(0));
    int last = columns.get(columns.size() - 1);
    int first = last;
    while (columns.contains(first - 1)) {
      first--;
    }
    assertTrue(last - first < 2 * 40 && last - first > 2 * 20, first + " to " + last);
    assertTrue(!columns.contains(first - 8), "the data reach the legend");
  }

  @Test
  void oneShareHasARowPerMethod() throws IOException {
    List<Method> methods =
        List.of(
            method("scratch", seeds(0.70, 0.74)),
            method("reconstruction", seeds(0.78)),
            method("triplet, clean", seeds(0.75, 0.76, 0.80)));
    BufferedImage picture = draw(methods);
    BufferedImage without = draw(methods.subList(1, 3));
    assertEquals(30 * DiceChart.DENSITY, picture.getHeight() - without.getHeight());
    // The dashed line at the mean of scratch goes down all rows; letters are shorter.
    assertTrue(longest(picture) > 80, longest(picture) + " pixels");
    assertTrue(longest(without) < 60, longest(without) + " pixels");
    List<Integer> scratch = columns(picture, Palette.line(0));
    int middle = (scratch.get(0) + scratch.get(scratch.size() - 1)) / 2;
    assertTrue(column(picture, middle, Charts.TEXT, 120) > 80);
    // A single seed has no bar: its dot and its mark are all.
    assertTrue(columns(picture, Palette.line(1)).size() < 25);
    assertTrue(columns(picture, Palette.line(2)).size() > 200);
  }

  private static int longest(BufferedImage p) {
    int longest = 0;
    for (int x = 400; x < p.getWidth(); x++) {
      longest = Math.max(longest, column(p, x, Charts.TEXT, 120));
    }
    return longest;
  }

  /** One value, equal values, and values that lie far apart. */
  @Test
  void anyValuesCanBeDrawn() throws IOException {
    for (double[] dice : List.of(seeds(0), seeds(1, 1), seeds(0, 1), seeds(0.5))) {
      draw(List.of(method("scratch", dice)));
      draw(List.of(method("scratch", dice), method("none", null, dice)));
      draw(List.of(method("scratch", dice, dice, dice)));
    }
  }

  @Test
  void seedsAreNamedWhereTheyDiffer() {
    Method three = method("scratch", seeds(0.1, 0.2, 0.3));
    assertEquals(
        List.of("scratch", "b"), DiceChart.labels(List.of(three, method("b", seeds(1, 2, 3)))));
    assertEquals(
        List.of("scratch (3 seeds)", "b (1 seed)", "c (1 to 2 seeds)"),
        DiceChart.labels(
            List.of(three, method("b", seeds(1)), method("c", seeds(1), seeds(1, 2)))));
    assertEquals("5", DiceChart.percent(100 * 0.05));
    assertEquals("7", DiceChart.percent(100 * 0.07));
    assertEquals("0.5", DiceChart.percent(100 * 0.005));
    assertEquals("100", DiceChart.percent(100));
  }

  @Test
  void whatBelongsTogetherStandsTogether() {
    List<Method> methods = new ArrayList<>();
    for (String name : List.of("a, x", "b, x", "b, y", "a, y", "scratch", "c, y", "c, x")) {
      methods.add(method(name, seeds(1)));
    }
    List<Method> sorted = DiceChart.sorted(methods);
    List<String> names = sorted.stream().map(Method::name).toList();
    assertEquals(List.of("a, x", "a, y", "b, x", "b, y", "scratch", "c, x", "c, y"), names);
    List<MethodLook> looks = MethodLook.of(names);
    assertEquals(looks.get(0).color(), looks.get(1).color());
    assertEquals(List.of(0, 1, 0, 1, 0, 0, 1), looks.stream().map(MethodLook::variant).toList());
    assertEquals(4, looks.stream().map(MethodLook::color).distinct().count());
  }
}
