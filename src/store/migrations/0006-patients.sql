-- Serves the search for earlier studies of a patient.
create index analyses_by_patient on gliabridge.analyses
  ((summary -> 'patient' ->> 'patientId'), (summary -> 'patient' ->> 'issuerOfPatientId'), created_at desc)
  where state = 'delivered';
