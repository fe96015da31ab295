package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A PTX module loaded into a simulated device: its variables are in device memory, its kernels
 * decoded.
 */
public final class PtxModule {
  private final String name;
  private final Map<String, PtxKernel> kernels = new LinkedHashMap<>();

  PtxModule(String name, String ptx, GlobalMemory memory) {
    this.name = name;
    try {
      Parser parsed = new Parser(ptx);
      Map<String, Names.Symbol> symbols = new LinkedHashMap<>();
      Map<String, Variable> shared = new LinkedHashMap<>();
      for (Variable v : parsed.variables) {
        if (v.space().equals("shared")) {
          shared.put(v.name(), v);
        } else {
          boolean constant = v.space().equals("const");
          Region r = memory.allocate(v.name(), Math.max(1, v.bytes()), constant);
          symbols.put(v.name(), new Names.Symbol(constant ? Space.CONST : Space.GLOBAL, r.base, v));
        }
      }
      parsed.variables.stream()
          .filter(v -> !v.space().equals("shared"))
          .forEach(v -> initialise(v, memory.find(symbols.get(v.name()).address()), symbols));
      for (Function f : parsed.functions.values()) {
        if (f.entry()) {
          Program p = new ProgramBuilder(parsed.functions, symbols, shared).build(f);
          kernels.put(f.name(), new PtxKernel(p, parameters(f)));
        }
      }
    } catch (PtxException e) {
      throw new PtxException(name, e);
    }
  }

  private static void initialise(Variable v, Region r, Map<String, Names.Symbol> symbols) {
    // Module variables without initial values are zero.
    r.markWritten(0, r.size);
    if (v.init() == null) {
      return;
    }
    int width = Types.bytes(v.type());
    int at = 0;
    for (Operand o : v.init()) {
      long value;
      if (o.kind() == Operand.Kind.NUMBER) {
        value = o.bits(8 * width, v.line());
      } else {
        Names.Symbol s = symbols.get(o.name());
        if (s == null) {
          throw new PtxException(
              v.line(), "initial value " + o + " of " + v.name() + " is not a variable");
        }
        value = s.address() + o.offset();
      }
      for (int i = 0; i < width; i++) {
        r.data[at++] = (byte) (value >>> 8 * i);
      }
    }
  }

  private static List<KernelParameter> parameters(Function f) {
    List<KernelParameter> out = new ArrayList<>();
    int offset = 0;
    for (Variable v : f.parameters()) {
      offset = (offset + v.align() - 1) / v.align() * v.align();
      out.add(new KernelParameter(v.name(), (int) v.bytes(), v.align(), offset));
      offset += (int) v.bytes();
    }
    return out;
  }

  /** The module's name. */
  public String name() {
    return name;
  }

  /** Names of all kernels. */
  public Set<String> kernelNames() {
    return kernels.keySet();
  }

  /**
   * A kernel by its name.
   *
   * @throws IllegalArgumentException when the module has none of that name
   */
  public PtxKernel kernel(String kernel) {
    PtxKernel k = kernels.get(kernel);
    if (k == null) {
      throw new IllegalArgumentException(
          "module " + name + " has no kernel " + kernel + "; it has " + kernels.keySet());
    }
    return k;
  }
}
