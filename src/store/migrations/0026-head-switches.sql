-- Heads that a stop rule turned off and a person turned on again: added to and never changed; the last row of a head is how it stands.
create table gliabridge.head_switches (
  switch_id bigint generated always as identity primary key,
  head      text not null,
  at        timestamptz not null,
  state     text not null check (state in ('on', 'off')),
  by        text not null,
  reason    text not null
);
create index head_switches_of on gliabridge.head_switches (head, switch_id desc);
create trigger append_only before update or delete on gliabridge.head_switches
  for each row execute function gliabridge.refuse_change();
