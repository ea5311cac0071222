import { Icon } from '../ui/Icon.tsx';
import type { IconName } from '../ui/Icon.tsx';
import styles from './Home.module.css';

const basics: readonly { icon: IconName; name: string; worth: string; unit: string; text: string }[] = [
  {
    icon: 'attack',
    name: 'Attack',
    worth: '20',
    unit: 'damage',
    text: 'Any of the eight tiles around you. One blow in ten counts double.',
  },
  {
    icon: 'defend',
    name: 'Shield',
    worth: '20',
    unit: 'absorbed',
    text: 'For one second, every three. Raise it when a rival steps up.',
  },
  {
    icon: 'collect',
    name: 'Collect',
    worth: '150',
    unit: 'at most',
    text: 'Stand on a parcel. It fills again after twenty seconds.',
  },
  {
    icon: 'move',
    name: 'Outlast',
    worth: '100',
    unit: 'a fall',
    text: 'Who falls leaves half of what they carried. Take it.',
  },
];

/** The rules that matter in the first match, a stamp each. */
export function Basics() {
  return (
    <section className={styles['basics']} aria-labelledby="basics">
      <h2 id="basics">Four things to know</h2>
      <ul>
        {basics.map(({ icon, name, worth, unit, text }, seat) => (
          <li key={name} className={styles['card']}>
            <div className={styles['face']} data-seat={seat}>
              <span className={styles['worth']}>
                {worth} <small>{unit}</small>
              </span>
              <Icon name={icon} size={56} />
              <h3>{name}</h3>
            </div>
            <p>{text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
