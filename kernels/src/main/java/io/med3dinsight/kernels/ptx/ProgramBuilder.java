package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decodes a kernel and the functions it calls into one program. */
final class ProgramBuilder {
  /**
   * Distance between variables in shared memory: a slip past the end of one is noticed, and banks
   * stay the same.
   */
  private static final int SHARED_GAP = 128;

  private static final List<String> HANDLERS = List.of("__assertfail", "vprintf");

  private final Map<String, Function> functions;
  private final Map<String, Variable> moduleShared;
  private final Names names;
  private final Program program = new Program();
  private final Map<String, Integer> starts = new HashMap<>();
  private final Map<String, Names.Symbol> formals = new HashMap<>();
  private final List<Instruction> code = new ArrayList<>();
  private final List<Program.SharedVariable> shared = new ArrayList<>();
  private Map<String, Integer> labels;
  private Map<String, Statement> tables;
  private List<Integer> scopePath;
  private int scopeCount;

  ProgramBuilder(
      Map<String, Function> functions,
      Map<String, Names.Symbol> symbols,
      Map<String, Variable> moduleShared) {
    this.functions = functions;
    this.moduleShared = moduleShared;
    this.names = new Names(symbols);
  }

  Program build(Function kernel) {
    program.name = kernel.name();
    program.maxThreads = kernel.maxThreads();
    names.open();
    layoutModuleShared(kernel);
    Map<String, Integer> depths = new LinkedHashMap<>();
    program.callDepth = order(kernel, depths, new ArrayList<>());
    for (String f : depths.keySet()) {
      if (!f.equals(kernel.name())) {
        declareFormals(functions.get(f));
      }
    }
    // Callees come first, so that the lanes in them have the smaller program counters and return
    // before the others go on.
    for (String f : depths.keySet()) {
      function(functions.get(f));
    }
    program.entry = starts.get(kernel.name());
    program.code = code.toArray(new Instruction[0]);
    program.shared = shared;
    program.staticSharedBytes = align(program.staticSharedBytes, program.dynamicAlign);
    names.finish(program);
    return program;
  }

  /**
   * Puts the functions reachable from one into the order callee before caller; answers the depth of
   * calls.
   */
  private int order(Function f, Map<String, Integer> depths, List<String> path) {
    if (path.contains(f.name())) {
      throw new PtxException(f.line(), "recursion is not supported: " + f.name());
    }
    Integer known = depths.get(f.name());
    if (known != null) {
      return known;
    }
    path.add(f.name());
    int depth = 0;
    for (Statement s : f.body()) {
      if (s.kind() == Statement.Kind.INSTRUCTION && s.op().equals("call")) {
        String callee = callee(s);
        if (!HANDLERS.contains(callee)) {
          depth = Math.max(depth, 1 + order(target(s, callee), depths, path));
        }
      }
    }
    path.remove(f.name());
    depths.put(f.name(), depth);
    return depth;
  }

  private Function target(Statement s, String callee) {
    Function f = functions.get(callee);
    if (f == null) {
      throw s.unsupported("call of " + callee + ", which the module does not define");
    }
    return f;
  }

  private static String callee(Statement s) {
    return s.operands().stream()
        .filter(o -> o.kind() == Operand.Kind.NAME)
        .findFirst()
        .orElseThrow(() -> s.unsupported("call without a name"))
        .name();
  }

  private void layoutModuleShared(Function kernel) {
    moduleShared.values().stream().filter(v -> !v.external()).forEach(this::addShared);
    for (Variable v : moduleShared.values()) {
      if (v.external()) {
        program.dynamicAlign = Math.max(program.dynamicAlign, v.align());
      }
    }
    // The dynamic part begins behind all static variables, those declared inside functions
    // included.
    for (Function f : functions.values()) {
      if (f.name().equals(kernel.name()) || !f.entry()) {
        f.body().stream()
            .filter(
                s -> s.kind() == Statement.Kind.VARIABLE && s.variable().space().equals("shared"))
            .forEach(s -> addShared(s.variable()));
      }
    }
    long dynamic = align(program.staticSharedBytes, program.dynamicAlign);
    for (Variable v : moduleShared.values()) {
      if (v.external()) {
        names.declare(v.name(), new Names.Symbol(Space.SHARED, dynamic, v));
      }
    }
  }

  private void addShared(Variable v) {
    int bytes = (int) v.bytes();
    int at = align(program.staticSharedBytes, Math.max(v.align(), SHARED_GAP));
    shared.add(new Program.SharedVariable(v.name(), at, bytes));
    names.declare(v.name(), new Names.Symbol(Space.SHARED, at, v));
    program.staticSharedBytes = at + bytes + SHARED_GAP;
    program.declaredSharedBytes = align(program.declaredSharedBytes, v.align()) + bytes;
  }

  private static int align(int v, int to) {
    return (v + to - 1) / to * to;
  }

  private Names.Symbol addLocal(Variable v) {
    int at = align(program.localBytes, Math.max(v.align(), 16));
    program.localBytes = align(at + (int) v.bytes(), 16);
    return new Names.Symbol(Space.LOCAL, at, v);
  }

  private void declareFormals(Function f) {
    for (Variable v : f.results()) {
      formals.put(f.name() + ">" + v.name(), addLocal(v));
    }
    for (Variable v : f.parameters()) {
      formals.put(f.name() + ">" + v.name(), addLocal(v));
    }
  }

  private void function(Function f) {
    starts.put(f.name(), code.size());
    names.open();
    int offset = 0;
    for (Variable v : f.parameters()) {
      if (f.entry()) {
        offset = align(offset, v.align());
        names.declare(v.name(), new Names.Symbol(Space.PARAM, offset, v));
        offset += (int) v.bytes();
      } else {
        names.declare(v.name(), formals.get(f.name() + ">" + v.name()));
      }
    }
    f.results().forEach(v -> names.declare(v.name(), formals.get(f.name() + ">" + v.name())));
    if (f.entry()) {
      program.parameterBytes = offset;
    }
    findLabels(f);
    startScopes();
    for (Statement s : f.body()) {
      statement(s);
    }
    // A body may end without ret.
    Statement end =
        new Statement(
            Statement.Kind.INSTRUCTION,
            f.line(),
            "end of " + f.name(),
            null,
            false,
            List.of("ret"),
            List.of(),
            null);
    emit(new ControlInstructions.End(Instruction.Flow.RETURN), end);
    names.close();
  }

  private void startScopes() {
    scopePath = new ArrayList<>(List.of(0));
    scopeCount = 0;
  }

  private void findLabels(Function f) {
    labels = new HashMap<>();
    tables = new HashMap<>();
    startScopes();
    int pc = code.size();
    for (Statement s : f.body()) {
      switch (s.kind()) {
        case OPEN -> scopePath.add(++scopeCount);
        case CLOSE -> scopePath.remove(scopePath.size() - 1);
        case LABEL -> labels.put(s.op() + "@" + scopePath.get(scopePath.size() - 1), pc);
        case TARGETS -> tables.put(s.op(), s);
        case INSTRUCTION -> pc++;
        default -> {
          // Declarations take no place.
        }
      }
    }
  }

  private int label(Statement s, String name) {
    for (int i = scopePath.size() - 1; i >= 0; i--) {
      Integer pc = labels.get(name + "@" + scopePath.get(i));
      if (pc != null) {
        return pc;
      }
    }
    throw new PtxException(s.line(), "label " + name + " is not defined: " + s.text());
  }

  private void statement(Statement s) {
    names.statement = s;
    switch (s.kind()) {
      case OPEN -> {
        scopePath.add(++scopeCount);
        names.open();
      }
      case CLOSE -> {
        scopePath.remove(scopePath.size() - 1);
        names.close();
      }
      case REGISTERS -> names.declare(s.variable());
      case VARIABLE -> variable(s.variable());
      case INSTRUCTION -> emit(decode(s), s);
      default -> {
        // Labels and tables have been found before.
      }
    }
  }

  private void variable(Variable v) {
    switch (v.space()) {
      case "local", "param" -> names.declare(v.name(), addLocal(v));
      case "shared" -> {
        // Laid out before, so that the dynamic part comes last.
      }
      default ->
          throw new PtxException(
              v.line(), "." + v.space() + " variables inside functions are not supported");
    }
  }

  private void emit(Instruction in, Statement s) {
    in.source = s;
    if (s.guard() != null) {
      in.guard = names.guard(s.guard());
      in.negated = s.negated();
    }
    code.add(in);
  }

  private Instruction decode(Statement s) {
    try {
      return switch (s.op()) {
        case "bra" -> new ControlInstructions.Branch(label(s, s.operand(0).name()));
        case "brx" -> table(s);
        case "call" -> call(s);
        case "ret" -> new ControlInstructions.End(Instruction.Flow.RETURN);
        case "exit" -> new ControlInstructions.End(Instruction.Flow.EXIT);
        case "trap", "brkpt" -> new ControlInstructions.Trap("the kernel executed " + s.op());
        default -> Decoder.decode(names);
      };
    } catch (IllegalArgumentException e) {
      throw s.unsupported(e.getMessage());
    }
  }

  private Instruction table(Statement s) {
    Statement t = tables.get(s.operand(1).name());
    if (t == null) {
      throw new PtxException(s.line(), "table " + s.operand(1) + " is not defined: " + s.text());
    }
    int[] targets = t.operands().stream().mapToInt(o -> label(s, o.name())).toArray();
    return new ControlInstructions.Table(names.i(0), targets);
  }

  private Instruction call(Statement s) {
    String callee = callee(s);
    if (callee.equals("__assertfail")) {
      return new ControlInstructions.Trap("an assertion of the kernel failed");
    }
    if (callee.equals("vprintf")) {
      throw s.unsupported("printf");
    }
    Function f = target(s, callee);
    boolean hasResult = s.operand(0).kind() == Operand.Kind.VECTOR;
    List<Operand> results = hasResult ? s.operand(0).parts() : List.of();
    int argumentsAt = hasResult ? 2 : 1;
    List<Operand> arguments =
        s.operands().size() > argumentsAt ? s.operand(argumentsAt).elements() : List.of();
    return new ControlInstructions.Call(
        starts.get(callee),
        copies(s, f, f.parameters(), arguments, true),
        copies(s, f, f.results(), results, false));
  }

  private List<ControlInstructions.Copy> copies(
      Statement s, Function f, List<Variable> formal, List<Operand> actual, boolean in) {
    if (formal.size() != actual.size()) {
      throw new PtxException(
          s.line(),
          f.name()
              + " takes "
              + formal.size()
              + " parameters, "
              + actual.size()
              + " given: "
              + s.text());
    }
    List<ControlInstructions.Copy> out = new ArrayList<>();
    for (int i = 0; i < formal.size(); i++) {
      Names.Symbol caller = names.symbol(actual.get(i).name());
      if (caller == null) {
        throw s.unsupported("argument " + actual.get(i) + " that is not in parameter space");
      }
      int a = (int) caller.address();
      int b = (int) formals.get(f.name() + ">" + formal.get(i).name()).address();
      int bytes = (int) formal.get(i).bytes();
      out.add(new ControlInstructions.Copy(in ? a : b, in ? b : a, bytes));
    }
    return out;
  }
}
