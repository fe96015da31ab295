package io.med3dinsight.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;

/** The walls between packages: what may be imported where, and what to do instead. */
@AnalyzeClasses(packages = "io.med3dinsight", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String KERNELS = "io.med3dinsight.kernels..";
  private static final String ENGINE = "io.med3dinsight.engine..";
  private static final String NN = "io.med3dinsight.nn..";
  private static final String BENCH = "io.med3dinsight.bench..";
  private static final String[] BELOW_PRODUCT = {KERNELS, ENGINE, NN};

  @ArchTest
  static final ArchRule VECTOR_API =
      outside("io.med3dinsight.engine.cpu.simd..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator..")
          .because(
              "a class that names the Vector API does not load without its module: put the loop"
                  + " behind an interface in engine.cpu and its fast version into engine.cpu.simd");

  @ArchTest
  static final ArchRule JCUDA =
      outside("io.med3dinsight.engine.cuda..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jcuda..")
          .because("only engine.cuda knows the driver: call its backend instead");

  @ArchTest
  static final ArchRule PICTURES =
      outside("io.med3dinsight.report..", "io.med3dinsight.image..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.awt..", "javax.imageio..", "javax.swing..")
          .because("pictures are drawn in report and image: hand them the numbers");

  @ArchTest
  static final ArchRule END_OF_PROCESS =
      outside("io.med3dinsight.cli..", BENCH)
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class)
          .because(
              "a library must not end its host: throw, and let the command line choose a code");

  @ArchTest
  static final ArchRule COMMAND_LINE =
      outside("io.med3dinsight.cli..", BENCH)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.med3dinsight.cli..", "picocli..", "sun.misc..")
          .because(
              "the command line is on top: pass a value, a Progress or a BooleanSupplier down");

  @ArchTest static final ArchRule KERNELS_AT_THE_BOTTOM = below(KERNELS, ENGINE, NN);

  @ArchTest static final ArchRule ENGINE_BELOW_NN = below(ENGINE, NN);

  @ArchTest
  static final ArchRule PRODUCT_ON_TOP =
      noClasses()
          .that()
          .resideInAnyPackage(BELOW_PRODUCT)
          .should()
          .dependOnClassesThat(
              Predicates.resideInAPackage("io.med3dinsight..")
                  .and(Predicates.resideOutsideOfPackages(BELOW_PRODUCT)))
          .because("dependencies point down only: kernels, engine, nn, product, bench");

  private static GivenClassesConjunction outside(String... packages) {
    return noClasses().that().resideOutsideOfPackages(packages);
  }

  private static ArchRule below(String lower, String... higher) {
    return noClasses()
        .that()
        .resideInAPackage(lower)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(higher)
        .because("dependencies point down only: kernels, engine, nn, product, bench")
        .allowEmptyShould(true);
  }
}
