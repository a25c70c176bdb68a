using Pagewise.Kernel.Oom;

namespace Pagewise.Procfs;

/// <summary>A process of a host, from its files in /proc.</summary>
/// <param name="Candidate">What the OOM killer looks at.</param>
/// <param name="OomScore">What /proc/PID/oom_score says; null when the file is not there.</param>
/// <param name="AnonKib">Resident anonymous memory in KiB: what killing it would give back at once.</param>
/// <param name="Cgroup">Its cgroup v2, such as "/system.slice/web.service"; null when unknown.</param>
public sealed record HostProcess(OomCandidate Candidate, int? OomScore, long AnonKib, string? Cgroup);
