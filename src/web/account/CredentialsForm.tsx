'use client';

import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { Credentials } from '../../contracts/api.ts';
import { explain } from '../session/failure.ts';
import styles from './Account.module.css';

interface CredentialsFormProps {
  label: string;
  /** For a new account the browser offers to make a password, and the rules are told before they are broken. */
  fresh: boolean;
  submit: (credentials: Credentials) => Promise<void>;
}

type Problems = Partial<Record<'username' | 'password' | 'form', string>>;

export function CredentialsForm({ label, fresh, submit }: CredentialsFormProps) {
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);

  function onSubmit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const parsed = Credentials.safeParse(Object.fromEntries(new FormData(event.currentTarget)));
    if (!parsed.success) {
      const found: Problems = {};
      for (const { path, message } of parsed.error.issues)
        found[path[0] === 'password' ? 'password' : 'username'] = message;
      setProblems(found);
      return;
    }
    setProblems({});
    setBusy(true);
    submit(parsed.data).catch((failure: unknown) => {
      setProblems({ form: explain(failure) });
      setBusy(false);
    });
  }

  return (
    <form className={styles['form']} onSubmit={onSubmit} noValidate>
      <Field
        name="username"
        label="Name"
        complete="username"
        rule={fresh ? '3 to 24 letters, digits, _ or -' : undefined}
        problem={problems.username}
      />
      <Field
        name="password"
        label="Password"
        complete={fresh ? 'new-password' : 'current-password'}
        rule={fresh ? 'At least 8 characters' : undefined}
        problem={problems.password}
      />
      {problems.form !== undefined && (
        <p className={styles['problem']} role="alert">
          {problems.form}
        </p>
      )}
      <button className={styles['submit']} type="submit" disabled={busy}>
        {label}
      </button>
    </form>
  );
}

interface FieldProps {
  name: 'username' | 'password';
  label: string;
  complete: string;
  rule: string | undefined;
  problem: string | undefined;
}

function Field({ name, label, complete, rule, problem }: FieldProps) {
  const note = problem ?? rule;
  return (
    <div className={styles['field']}>
      <label htmlFor={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={name === 'password' ? 'password' : 'text'}
        autoComplete={complete}
        autoCapitalize="none"
        spellCheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={note === undefined ? undefined : `${name}-note`}
      />
      {note !== undefined && (
        <p id={`${name}-note`} className={problem === undefined ? styles['rule'] : styles['problem']}>
          {note}
        </p>
      )}
    </div>
  );
}
