import { Home } from '../home/Home.tsx';

export default function Page() {
  return <Home />;
}
