// What `netsplit` alone prints: six things to do, one command each. A test runs every one of them.

/** Shown without arguments. */
export const sixThings = `netsplit: messaging systems under the same outage, on their real protocol cores.

Six things to do:

  npx netsplit list                                   the outages that can be run
  npx netsplit run small-town --seed 1                three architectures, thirty people, a few seconds
  npx netsplit run aws-us-east-1-2025-10-20           the AWS outage of 20 October 2025, a thousand people
  npx netsplit run small-town --seed 1 --set 'faults=[]'   the same day without the outage
  npx netsplit verify small-town --seed 1             run it again: is every single event the same?
  npx netsplit serve                                  see the runs in a browser

\`npx netsplit <command> --help\` explains each command; the README has a five-minute tutorial.
`;
