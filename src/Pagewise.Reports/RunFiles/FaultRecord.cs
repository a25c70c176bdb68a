namespace Pagewise.Reports.RunFiles;

/// <summary>A fault as it is kept while the run goes on.</summary>
internal readonly record struct FaultRecord(double TimeNs, double CostNs, ulong Address, int Pid, int Pages, FaultKind Kind, bool IsMajor);
