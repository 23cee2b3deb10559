// HL7's validator on every JSON file of a folder, with the definitions of a guide: one tab-separated line per message: severity, file, location, message.
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r4.model.ValueSet;

public class Validate {
  /** Arguments: folder of the guide's definitions, folder of the resources. */
  public static void main(String[] arguments) throws Exception {
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain support =
        new ValidationSupportChain(
            guide(context, Path.of(arguments[0])),
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context));
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(new FhirInstanceValidator(support));
    List<Path> paths = jsonFiles(Path.of(arguments[1]));
    for (Path path : paths) {
      for (SingleValidationMessage message : validator.validateWithResult(Files.readString(path)).getMessages()) {
        if (message.getSeverity() == ResultSeverityEnum.INFORMATION) continue;
        String text = message.getMessage().replaceAll("\\s+", " ");
        System.out.println(
            message.getSeverity() + "\t" + path.getFileName() + "\t" + message.getLocationString() + "\t" + text);
      }
    }
    System.out.println("VALIDATED\t" + paths.size());
  }

  private static PrePopulatedValidationSupport guide(FhirContext context, Path folder) throws Exception {
    PrePopulatedValidationSupport support = new PrePopulatedValidationSupport(context);
    for (Path path : jsonFiles(folder)) {
      if (path.getFileName().toString().equals("package.json")) continue;
      IBaseResource resource = context.newJsonParser().parseResource(Files.readString(path));
      if (resource instanceof StructureDefinition) support.addStructureDefinition(resource);
      if (resource instanceof CodeSystem) support.addCodeSystem(resource);
      if (resource instanceof ValueSet) support.addValueSet(resource);
    }
    return support;
  }

  private static List<Path> jsonFiles(Path folder) throws Exception {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter((path) -> path.toString().endsWith(".json")).sorted().toList();
    }
  }
}
