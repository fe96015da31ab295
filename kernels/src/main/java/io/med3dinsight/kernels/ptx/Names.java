package io.med3dinsight.kernels.ptx;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Resolves the names of the statement being decoded: registers to indices, literals to registers
 * that hold a constant in every lane, symbols to addresses.
 */
final class Names {
  /** Which file a register lives in: up to 32 bits, 64 bits, predicates. */
  enum File {
    INT,
    LONG,
    PRED
  }

  /** A register. */
  record Register(File file, int index) {}

  /** The address of a variable in its space. */
  record Symbol(Space space, long address, Variable variable) {}

  /** A group of registers such as %r<9>, numbered when first used. */
  private record Group(File file, long count) {}

  Statement statement;
  private final Map<String, Symbol> moduleSymbols;
  private final Deque<Map<String, Object>> scopes = new ArrayDeque<>();
  private final int[] counts = new int[File.values().length];
  private final Map<Integer, Integer> intConstants = new LinkedHashMap<>();
  private final Map<Long, Integer> longConstants = new LinkedHashMap<>();
  private final Map<String, Integer> specials = new LinkedHashMap<>();
  private final int truePredicate = newRegister(File.PRED);
  private final int falsePredicate = newRegister(File.PRED);

  Names(Map<String, Symbol> moduleSymbols) {
    this.moduleSymbols = moduleSymbols;
  }

  int newRegister(File file) {
    return counts[file.ordinal()]++;
  }

  void open() {
    scopes.push(new HashMap<>());
  }

  void close() {
    scopes.pop();
  }

  void declare(Variable v) {
    File file = v.type().equals("pred") ? File.PRED : Types.isLong(v.type()) ? File.LONG : File.INT;
    if (v.count() >= 0) {
      scopes.peek().put(v.name() + "<>", new Group(file, v.count()));
    } else {
      scopes.peek().put(v.name(), new Register(file, newRegister(file)));
    }
  }

  void declare(String name, Symbol symbol) {
    scopes.peek().put(name, symbol);
  }

  void finish(Program p) {
    p.intConstants = intConstants;
    p.longConstants = longConstants;
    p.intSpecials = specials;
    p.truePredicate = truePredicate;
    p.intRegisters = counts[0];
    p.longRegisters = counts[1];
    p.predRegisters = counts[2];
  }

  private Object find(String name) {
    int digits = name.length();
    while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
      digits--;
    }
    String group = name.substring(0, digits) + "<>";
    for (Map<String, Object> scope : scopes) {
      Object o = scope.get(name);
      if (o != null) {
        return o;
      }
      if (digits < name.length() && scope.get(group) instanceof Group g) {
        if (Long.parseLong(name.substring(digits)) >= g.count) {
          throw new PtxException(
              statement.line(), name + " is beyond the registers declared: " + statement.text());
        }
        Register r = new Register(g.file, newRegister(g.file));
        scope.put(name, r);
        return r;
      }
    }
    return moduleSymbols.get(name);
  }

  /** The register of a name, or null when it is something else. */
  Register register(Operand o) {
    return o.kind() == Operand.Kind.NAME && find(o.name()) instanceof Register r ? r : null;
  }

  /** The symbol of a name, or null when it is something else. */
  Symbol symbol(String name) {
    return find(name) instanceof Symbol s ? s : null;
  }

  private PtxException wrong(Operand o, String expected) {
    return new PtxException(
        statement.line(), "operand " + o + " is not " + expected + ": " + statement.text());
  }

  int intConstant(int value) {
    return intConstants.computeIfAbsent(value, v -> newRegister(File.INT));
  }

  int longConstant(long value) {
    return longConstants.computeIfAbsent(value, v -> newRegister(File.LONG));
  }

  /** Source of up to 32 bits. */
  int intSource(Operand o) {
    if (o.kind() == Operand.Kind.NUMBER) {
      return intConstant((int) o.bits(32, statement.line()));
    }
    if (o.kind() == Operand.Kind.NAME) {
      Object found = find(o.name());
      if (found instanceof Register r && r.file == File.INT) {
        return r.index;
      }
      if (found instanceof Symbol s) {
        return intConstant((int) (s.address + o.offset()));
      }
      if (SpecialRegisters.known(o.name())) {
        return specials.computeIfAbsent(o.name(), k -> newRegister(File.INT));
      }
    }
    throw wrong(o, "a value of at most 32 bits");
  }

  /** Source of 64 bits. */
  int longSource(Operand o) {
    if (o.kind() == Operand.Kind.NUMBER) {
      return longConstant(o.bits(64, statement.line()));
    }
    if (o.kind() == Operand.Kind.NAME) {
      Object found = find(o.name());
      if (found instanceof Register r && r.file == File.LONG) {
        return r.index;
      }
      if (found instanceof Symbol s) {
        return longConstant(s.address + o.offset());
      }
    }
    throw wrong(o, "a value of 64 bits");
  }

  /** Source predicate; the caller sees to its negation. */
  int pred(Operand o) {
    if (o.kind() == Operand.Kind.NUMBER) {
      return o.bits(32, statement.line()) != 0 ? truePredicate : falsePredicate;
    }
    Register r = register(o);
    if (r == null || r.file != File.PRED) {
      throw wrong(o, "a predicate");
    }
    return r.index;
  }

  int guard(String name) {
    return pred(Operand.name(name, 0, false));
  }

  int intDest(Operand o) {
    return dest(o, File.INT, "a register of at most 32 bits");
  }

  int longDest(Operand o) {
    return dest(o, File.LONG, "a 64-bit register");
  }

  int predDest(Operand o) {
    return dest(o, File.PRED, "a predicate register");
  }

  private int dest(Operand o, File file, String expected) {
    if (o.isSink()) {
      return newRegister(file);
    }
    Register r = register(o);
    if (r == null || r.file != file) {
      throw wrong(o, expected);
    }
    return r.index;
  }

  // Short forms by operand number, for the decoders.

  int i(int k) {
    return intSource(statement.operand(k));
  }

  int l(int k) {
    return longSource(statement.operand(k));
  }

  int id(int k) {
    return intDest(statement.operand(k));
  }

  int ld(int k) {
    return longDest(statement.operand(k));
  }

  int pd(int k) {
    return predDest(statement.operand(k));
  }

  Instruction ints(Kernels.Ints kernel) {
    return new Kernels.IntInstruction(id(0), kernel);
  }

  Instruction longs(Kernels.Longs kernel) {
    return new Kernels.LongInstruction(ld(0), kernel);
  }
}
