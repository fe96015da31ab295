package io.med3dinsight.kernels.ptx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.catalogue.Catalogue;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every load and store of a vector that occurs in the PTX that ships, such as {@code
 * ld.shared.v2.u16}, by itself: its elements come from and go to their own places.
 */
class VectorMemoryTest {
  private static final Pattern VECTOR =
      Pattern.compile("\\b(ld|st)\\.(global|shared)(\\.nc)?\\.v([24])\\.([usfb])(16|32|64)\\b");

  private static final int[] DATA = {0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d};

  private static Set<String> shipped() {
    Set<String> forms = new TreeSet<>();
    for (String family : Catalogue.FAMILIES) {
      Matcher m = VECTOR.matcher(Catalogue.ptx(family));
      while (m.find()) {
        forms.add(m.group());
      }
    }
    return forms;
  }

  @TestFactory
  Stream<DynamicTest> everyShippedForm() {
    Set<String> forms = shipped();
    assertTrue(forms.size() >= 10 && forms.contains("ld.shared.v2.u16"), forms.toString());
    return forms.stream().map(f -> DynamicTest.dynamicTest(f, () -> check(f)));
  }

  private static void check(String form) {
    Matcher m = VECTOR.matcher(form);
    assertTrue(m.matches());
    int n = Integer.parseInt(m.group(4));
    int bytes = Integer.parseInt(m.group(6)) / 8;
    SimulatedArrays s =
        new SimulatedArrays(SimulatorOptions.defaults(), "vector", kernel(form, m, n, bytes));
    long out = s.upload(new int[8]);
    s.launch("k", 1, 1, s.upload(DATA), out);
    byte[] expected = new byte[32];
    for (int k = 0; k < n; k++) {
      for (int b = 0; b < bytes; b++) {
        // What is loaded comes out back to front, as does what is to be stored.
        expected[(n - 1 - k) * bytes + b] = (byte) (k * bytes + b + 1);
      }
    }
    int[] words = new int[8];
    for (int i = 0; i < 32; i++) {
      words[i / 4] |= (expected[i] & 0xff) << 8 * (i % 4);
    }
    assertArrayEquals(words, s.ints(out, 8), form);
  }

  private static String kernel(String form, Matcher m, int n, int bytes) {
    boolean load = m.group(1).equals("ld");
    boolean shared = m.group(2).equals("shared");
    String type = m.group(5) + m.group(6);
    StringBuilder elements = new StringBuilder();
    StringBuilder vector = new StringBuilder();
    for (int k = 0; k < n; k++) {
      int place = (n - 1 - k) * bytes;
      elements.append(
          load
              ? "st.global.%s [%%out+%d], %%v%d;\n".formatted(type, place, k)
              : "ld.global.%s %%v%d, [%%in+%d];\n".formatted(type, k, place));
      vector.append(k == 0 ? "%v" : ", %v").append(k);
    }
    // Shared memory is filled from the input before, or brought to the output after.
    String filled = shared && load ? moved("global", "%in", "shared", "%room", n * bytes) : "";
    String brought = shared && !load ? moved("shared", "%room", "global", "%out", n * bytes) : "";
    String at = shared ? "[%room]" : load ? "[%in]" : "[%out]";
    String access =
        load
            ? form + " {" + vector + "}, " + at + ";\n"
            : form + " " + at + ", {" + vector + "};\n";
    return """
        .version 7.8
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 pi, .param .u64 po)
        {
          .reg .b64 %in, %out, %room;
          .reg .b16 %h;
          .shared .align 16 .b8 memory[16];
        """
        + "  .reg ."
        + register(type)
        + " %v<"
        + n
        + ">;\n"
        + """
          ld.param.u64 %in, [pi];
          ld.param.u64 %out, [po];
          mov.u64 %room, memory;
        """
        + (load ? filled + access + elements : elements + access + brought)
        + "ret;\n}\n";
  }

  private static String register(String type) {
    return type.startsWith("f") ? type : "b" + type.substring(1);
  }

  private static String moved(String from, String source, String to, String target, int bytes) {
    StringBuilder sb = new StringBuilder();
    for (int b = 0; b < bytes; b += 2) {
      sb.append("ld.%s.u16 %%h, [%s+%d];\n".formatted(from, source, b));
      sb.append("st.%s.u16 [%s+%d], %%h;\n".formatted(to, target, b));
    }
    return sb.toString();
  }
}
