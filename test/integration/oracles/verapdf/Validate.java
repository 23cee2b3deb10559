// veraPDF on every file of a folder: as PDF/A-2a (ISO 19005-2) and as PDF/UA-1 (ISO 14289-1). A line each: verdict, flavour, file; a line for each broken rule.
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

public class Validate {
  public static void main(String[] args) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    List<Path> files;
    try (var listed = Files.list(Path.of(args[0]))) {
      files = listed.filter(path -> path.toString().endsWith(".pdf")).sorted().toList();
    }
    for (Path file : files)
      for (PDFAFlavour flavour : List.of(PDFAFlavour.PDFA_2_A, PDFAFlavour.PDFUA_1)) judge(file, flavour);
  }

  static void judge(Path file, PDFAFlavour flavour) throws Exception {
    try (var parser = Foundries.defaultInstance().createParser(new FileInputStream(file.toFile()), flavour);
        var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      System.out.printf("%s\t%s\t%s%n", result.isCompliant() ? "RIGHT" : "WRONG", flavour.getId(), file.getFileName());
      var broken = new TreeSet<String>();
      for (TestAssertion assertion : result.getTestAssertions())
        if (assertion.getStatus() == TestAssertion.Status.FAILED)
          broken.add(assertion.getRuleId().getClause() + "\t" + assertion.getMessage());
      for (String rule : broken)
        System.out.printf("BROKEN\t%s\t%s\t%s%n", flavour.getId(), file.getFileName(), rule.replace('\n', ' '));
    }
  }
}
