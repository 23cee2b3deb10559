-- Stored summaries name the version of their form; those of version 1 get the names of version 2. Results among the artefacts keep
-- their bytes, and are brought up to date as they are read.
update gliabridge.analyses set summary = summary
  || jsonb_build_object('schemaVersion', 2)
  || case when jsonb_typeof(summary -> 'decisions') = 'array' then jsonb_build_object('decisions', (
       select coalesce(jsonb_agg(
         case when d ? 'taken' then (d - 'taken') || jsonb_build_object('selected', d -> 'taken') else d end order by n), '[]')
       from jsonb_array_elements(summary -> 'decisions') with ordinality as decision (d, n)))
     else '{}' end
  || case when summary -> 'bundle' ? 'digest' and not summary -> 'bundle' ? 'modelDigest'
       then jsonb_build_object('bundle', (summary -> 'bundle') || jsonb_build_object('modelDigest', summary -> 'bundle' -> 'digest'))
     else '{}' end
  || case when summary -> 'comparison' -> 'registration' ? 'agreement'
       then jsonb_build_object('comparison', jsonb_set(summary -> 'comparison', '{registration}',
         (summary -> 'comparison' -> 'registration') - 'agreement'
           || jsonb_build_object('mutualInformation', summary -> 'comparison' -> 'registration' -> 'agreement')))
     else '{}' end
  where summary is not null and not summary ? 'schemaVersion';
