package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.List;

/** Parses declarations: {@code .space .align n .type name[dims] = init}. */
final class Declarations {
  private final TokenStream in;

  Declarations(TokenStream in) {
    this.in = in;
  }

  /** A parenthesised list of parameters. */
  List<Variable> parameters() {
    List<Variable> out = new ArrayList<>();
    in.expect("(");
    while (!in.accept(")")) {
      out.add(head().name(in, false));
      in.accept(",");
    }
    return out;
  }

  /** One declaration with its names, to the semicolon. */
  List<Variable> variables(boolean external) {
    Head head = head();
    List<Variable> out = new ArrayList<>();
    do {
      out.add(head.name(in, external));
    } while (in.accept(","));
    in.expect(";");
    return out;
  }

  private Head head() {
    Head head = new Head();
    // ".reg.b32" is one word: the dots separate the parts.
    while (in.peek().text().startsWith(".")) {
      Token t = in.next();
      for (String part : t.text().substring(1).split("\\.")) {
        if (part.equals("align")) {
          head.align = (int) in.integer();
        } else if (part.equals("ptr")) {
          head.pointer = true;
        } else if (part.equals("v2") || part.equals("v4")) {
          head.vector = part.charAt(1) - '0';
        } else if (head.space == null) {
          head.space = part;
        } else if (head.type == null && (Types.known(part) || part.equals("pred"))) {
          head.type = part;
        } else if (!head.pointer) {
          throw new PtxException(t.line(), "'." + part + "' is not expected in a declaration");
        }
      }
    }
    return head;
  }

  private static final class Head {
    private String space;
    private String type;
    private int align;
    private int vector = 1;
    private boolean pointer;

    private Variable name(TokenStream in, boolean external) {
      int line = in.peek().line();
      String name = in.word();
      if (type == null) {
        throw new PtxException(line, "the declaration of " + name + " has no type");
      }
      long count = space.equals("reg") ? -1 : vector;
      if (in.accept("<")) {
        count = in.integer();
        in.expect(">");
      }
      while (in.accept("[")) {
        count *= in.peek().is("]") ? 0 : in.integer();
        in.expect("]");
      }
      List<Operand> init = in.accept("=") ? initial(in) : null;
      int natural = space.equals("reg") ? 0 : Types.bytes(type) * vector;
      // A parameter's .align belongs to what a .ptr points to.
      return new Variable(
          space, type, name, pointer || align == 0 ? natural : align, count, external, init, line);
    }

    private static List<Operand> initial(TokenStream in) {
      List<Operand> out = new ArrayList<>();
      if (in.accept("{")) {
        while (!in.accept("}")) {
          out.addAll(initial(in));
          in.accept(",");
        }
        return out;
      }
      if (in.accept("-")) {
        out.add(Operand.number(in.next().text(), true));
      } else if (in.peek().kind() == Token.Kind.NUMBER) {
        out.add(Operand.number(in.next().text(), false));
      } else {
        out.add(symbol(in));
      }
      return out;
    }

    private static Operand symbol(TokenStream in) {
      String name = in.word();
      if (name.equals("generic")) {
        in.expect("(");
        name = in.word();
        in.expect(")");
      }
      return Operand.name(name, in.accept("+") ? in.integer() : 0, false);
    }
  }
}
