import { Announcement } from '../ui/Announcement.tsx';

export default function NotFound() {
  return (
    <Announcement
      title="Return to sender"
      text="There is nothing at this address."
      action={{ href: '/', label: 'To the front page' }}
    />
  );
}
