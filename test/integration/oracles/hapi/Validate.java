// Validates every JSON file of a folder against base R4 and prints one tab-separated line per error: file, location, message.
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

public class Validate {
  public static void main(String[] arguments) throws Exception {
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain support =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context));
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(new FhirInstanceValidator(support));
    int files = 0;
    try (var paths = Files.list(Path.of(arguments[0]))) {
      for (Path path : paths.sorted().toList()) {
        files++;
        for (SingleValidationMessage message : validator.validateWithResult(Files.readString(path)).getMessages()) {
          if (message.getSeverity().compareTo(ResultSeverityEnum.ERROR) < 0) continue;
          System.out.println("ERROR\t" + path.getFileName() + "\t" + message.getLocationString() + "\t" + message.getMessage());
        }
      }
    }
    System.out.println("VALIDATED\t" + files);
  }
}
