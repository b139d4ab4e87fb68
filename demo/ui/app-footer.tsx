export function AppFooter() {
  return (
    <footer className="app-footer">
      <p>
        The log is real: “Receipt phase of an environmental permit application process (WABO), CoSeLoG project”, J.C.A.M. Buijs,
        4TU.ResearchData, 2014,{' '}
        <a href="https://doi.org/10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6" rel="noreferrer">
          doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6
        </a>
        . People are anonymous. Everything you do here stays in this browser.
      </p>
    </footer>
  );
}
