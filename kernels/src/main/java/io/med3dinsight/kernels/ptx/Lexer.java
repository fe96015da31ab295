package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.List;

/** Cuts PTX text into tokens; comments vanish, every token knows its line. */
final class Lexer {
  private final String text;
  private int at;
  private int line = 1;

  Lexer(String text) {
    this.text = text;
  }

  List<Token> tokens() {
    List<Token> out = new ArrayList<>();
    for (Token t = next(); t.kind() != Token.Kind.END; t = next()) {
      out.add(t);
    }
    out.add(new Token(Token.Kind.END, "", line, text.length(), text.length()));
    return out;
  }

  private Token next() {
    skipBlanks();
    if (at >= text.length()) {
      return new Token(Token.Kind.END, "", line, at, at);
    }
    int start = at;
    char c = text.charAt(at);
    if (c == '"') {
      return string();
    }
    if (Character.isDigit(c)) {
      while (at < text.length() && isNumberPart(text.charAt(at))) {
        at++;
      }
      return new Token(Token.Kind.NUMBER, text.substring(start, at), line, start, at);
    }
    if (isWordPart(c)) {
      while (at < text.length() && isWordPart(text.charAt(at))) {
        at++;
      }
      return new Token(Token.Kind.WORD, text.substring(start, at), line, start, at);
    }
    at++;
    return new Token(Token.Kind.MARK, String.valueOf(c), line, start, at);
  }

  private Token string() {
    int start = at++;
    while (at < text.length() && text.charAt(at) != '"') {
      if (text.charAt(at) == '\n') {
        throw new PtxException(line, "a string does not end on its line");
      }
      at++;
    }
    if (at >= text.length()) {
      throw new PtxException(line, "a string does not end");
    }
    at++;
    return new Token(Token.Kind.STRING, text.substring(start + 1, at - 1), line, start, at);
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        at++;
      } else if (c <= ' ') {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        skipBlockComment();
      } else {
        return;
      }
    }
  }

  private void skipBlockComment() {
    int end = text.indexOf("*/", at + 2);
    if (end < 0) {
      throw new PtxException(line, "a comment does not end");
    }
    for (; at < end + 2; at++) {
      if (text.charAt(at) == '\n') {
        line++;
      }
    }
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c == '%' || c == '.';
  }

  private static boolean isNumberPart(char c) {
    return Character.isLetterOrDigit(c) || c == '.';
  }
}
