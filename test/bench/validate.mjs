import { jsonFile, medianOf, netwright, run, save } from './host.mjs';
import { fileOf } from './scene.mjs';

/** `netwright validate` of a small file beside an empty node process. */
export async function measureValidate() {
  save(jsonFile, JSON.stringify(fileOf(10)));
  const empty = await medianOf(15, () => run(process.execPath, ['-e', '0']));
  const validate = await medianOf(15, () => netwright('validate', '-f', jsonFile));
  return [
    { what: 'an empty node process', ms: empty },
    {
      what: 'netwright validate, 10 policies',
      ms: validate,
      against: 'an empty node',
      ratio: validate / empty,
      target: 'under 4 x',
      met: validate < 4 * empty,
    },
  ];
}
