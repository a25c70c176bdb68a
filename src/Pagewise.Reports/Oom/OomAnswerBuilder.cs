using Pagewise.Abi;
using Pagewise.Kernel.Oom;
using Pagewise.Procfs;
using Pagewise.Procfs.Oom;
using Pagewise.Replay.Oom;

namespace Pagewise.Reports.Oom;

/// <summary>Explains choices of the OOM killer: those of a kernel log, and the one that this host would make.</summary>
public static class OomAnswerBuilder
{
    /// <summary>Explains a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="ifs">What could have been otherwise.</param>
    public static OomAnswer Of(OomReport report, string source, IReadOnlyList<OomWhatIf> ifs)
    {
        ArgumentNullException.ThrowIfNull(report);
        ReportedOom reported = ReportedOom.Of(report);
        (OomControl control, long memoryPages) = (reported.Control, reported.MemoryPages);
        var notes = new List<string>([.. report.Gaps, .. reported.Notes]);
        OomCandidate? victim = control.Candidates.FirstOrDefault(one => one.Pid == report.VictimPid);
        OomCandidate? chosen = control.Victim();
        var why = new List<string>(Shortage(report));
        string answer = Answer(report, control, victim);
        if (victim is not null && !report.KilledAllocatingTask && IsWeighed(control))
            why.Add(Reason(control, victim));
        if (victim is not null && chosen is not null && chosen != victim && IsWeighed(control))
            notes.Add(Disagreement(report, chosen, victim));
        if (report.Group is { } group)
            why.Add($"memory.oom.group is set on {group}: all its processes went with it ({string.Join(", ", report.Kills.Select(kill => kill.Pid).Distinct())}).");
        else if (report.Kills.Count > 0 && victim is not null && report.Kills.TrueForAll(kill => kill.Pid != victim.Pid))
            why.Add($"The kernel killed its child {OomAnswerText.Shown(report.Kills[0].Comm)} ({report.Kills[0].Pid}) in its stead, as kernels before 5.1 do.");
        return new OomAnswer(
            source, answer, why, control.TotalPages, report.IsMixed ? 0 : report.VictimPid, Rows(control), Changes(control, victim), Alternatives(control, memoryPages, ifs, "would have been killed", report.IsMemcg ? null : Less), notes);

        // All that there was was in use.
        string Less(long pages) => $"memory would have run out {OomAnswerText.Size(memoryPages - pages)} earlier";
    }

    /// <summary>Says whom this host would kill, were it short of memory now.</summary>
    /// <param name="processes">Its processes.</param>
    /// <param name="memory">Its /proc/meminfo.</param>
    /// <param name="kernel">Its release.</param>
    /// <param name="source">Where this comes from.</param>
    /// <param name="ifs">What could be otherwise.</param>
    public static OomAnswer Of(IReadOnlyList<HostProcess> processes, Meminfo memory, KernelVersion kernel, string source, IReadOnlyList<OomWhatIf> ifs)
    {
        ArgumentNullException.ThrowIfNull(memory);
        long memoryPages = (memory["MemTotal"] ?? 0) >> 2;
        var control = new OomControl(new OomBadness(kernel), memoryPages + ((memory["SwapTotal"] ?? 0) >> 2), [.. processes.Select(process => process.Candidate)]);
        OomCandidate? victim = control.Victim();
        var why = new List<string>();
        long available = (memory["MemAvailable"] ?? 0) >> 2;
        why.Add($"{OomAnswerText.Size(available)} of {OomAnswerText.Size(memoryPages)} are available now{SwapState(memory["SwapTotal"] ?? 0, memory["SwapFree"] ?? 0)}");
        if (victim is not null)
            why.Add(Reason(control, victim));
        IReadOnlyList<OomCandidate> order = control.Order(4);
        if (order.Count > 1)
            why.Add($"After it: {string.Join(", then ", order.Skip(1).Select(Named))}.");
        string answer = victim is null
            ? "Nobody could be killed: the kernel would panic."
            : $"If memory ran out now, {Named(victim)} would be killed first: {OomAnswerText.Size(victim.Pages)}, oom_score_adj {victim.OomScoreAdj}.";
        var notes = new List<string>();
        HostProcess[] differing = [.. processes.Where(process => process.OomScore is { } shown && shown != control.Badness.Score(control.Points(process.Candidate), control.TotalPages))];
        if (differing.Length > 0)
            notes.Add($"oom_score as the host shows it differs for {string.Join(", ", differing.Take(5).Select(process => Named(process.Candidate)))}{(differing.Length > 5 ? $" and {differing.Length - 5} more" : "")}: changed while it was read, or exempt for a reason that /proc does not show.");
        return new OomAnswer(
            source, answer, why, control.TotalPages, victim?.Pid ?? 0, Rows(control), Changes(control, victim), Alternatives(control, memoryPages, ifs, "would be killed", Less), notes);

        string? Less(long pages) => Shortfall(control, memoryPages - available, pages, (memory["SwapFree"] ?? 0) >> 2);
    }

    /// <summary>What happens when memory is made smaller than what is in use; null when it is not.</summary>
    private static string? Shortfall(OomControl control, long usedPages, long pages, long freeSwapPages)
    {
        long missing = usedPages - pages;
        if (missing <= 0)
            return null;
        string start = $"{OomAnswerText.Size(usedPages)} are in use now, {OomAnswerText.Size(missing)} more than that";
        if (missing <= freeSwapPages)
            return $"{start}: it would have to go to swap, of which {OomAnswerText.Size(freeSwapPages)} are free";
        long toFree = missing - freeSwapPages;
        long freed = 0;
        int kills = 0;
        IReadOnlyList<OomCandidate> order = control.Order(control.Candidates.Count);
        while (kills < order.Count && freed < toFree)
            freed += order[kills++].RssPages;
        string swap = freeSwapPages == 0 ? "there is no free swap" : $"free swap takes {OomAnswerText.Size(freeSwapPages)} of it";
        string enough = freed >= toFree ? $"{kills} {(kills == 1 ? "process" : "processes")} would be killed before it fits" : "killing every process that may be killed would not be enough";
        return $"{start}: {swap}, and {enough}";
    }

    private static string Answer(OomReport report, OomControl control, OomCandidate? victim)
    {
        if (report.Outcome is { } outcome)
            return $"Nobody was killed: {outcome}";
        if (report.IsMixed)
        {
            string killed = string.Join(", ", report.Kills.Select(kill => $"{OomAnswerText.Shown(kill.Comm)} ({kill.Pid})").Distinct());
            return killed.Length == 0 ? "Lines of two reports are mixed here: who was killed is not among them." : $"Lines of two reports are mixed here. Killed: {killed}; why cannot be told.";
        }

        if (victim is null)
        {
            return report.Kills.Count > 0
                ? $"{OomAnswerText.Shown(report.Kills[0].Comm)} ({report.Kills[0].Pid}) was killed: the report does not say why."
                : "The log does not say who was killed.";
        }

        if (report.KilledAllocatingTask)
            return $"{Named(victim)} was killed because it asked for memory when there was none: vm.oom_kill_allocating_task is set.";
        if (!IsWeighed(control))
            return $"{Named(victim)} was killed: the log does not have how much memory there was, so what oom_score_adj weighed is not known.";
        if (control.Victim() is { } chosen && chosen != victim)
            return $"{Named(victim)} was killed, though by the task table it would have been {Named(chosen)}.";
        bool hasMost = control.Candidates.All(one => one.Pages <= victim.Pages || control.Points(one) is null);
        return hasMost
            ? $"{Named(victim)} was killed because it held the most memory: {OomAnswerText.Size(victim.Pages)}."
            : $"{Named(victim)} was killed because of its oom_score_adj of {victim.OomScoreAdj}: it held only {OomAnswerText.Size(victim.Pages)}.";
    }

    private static IEnumerable<string> Shortage(OomReport report)
    {
        if (report.IsMixed)
            yield break;
        string asked = report.Invocation is { } call
            ? call.Order < 0
                ? "A person asked for a kill (SysRq F)"
                : $"{OomAnswerText.Shown(call.Comm)}{(report.InvokerPid > 0 ? $" ({report.InvokerPid})" : "")} asked for {OomAnswerText.Size(1L << call.Order)}"
            : "A task asked for memory";
        if (report.IsMemcg)
        {
            OomLimit? memory = report.Limits.Find(limit => limit.Name == "memory");
            string where = report.Memcg is { } path ? $"cgroup {OomAnswerText.Shown(path)}" : "its cgroup";
            yield return memory is null ? $"{asked}, and {where} was at its limit." : $"{asked}, and {where} was at its limit of {OomAnswerText.Size(memory.LimitKib >> 2)}, met {Text.Count(memory.Failcnt)} times.";
            yield break;
        }

        string scope = ReportedOom.ShortNodes(report) is { } nodes
            ? $"node {nodes}, which its {(report.Decision!.Constraint == "CONSTRAINT_CPUSET" ? $"cpuset {OomAnswerText.Shown(report.Decision.Cpuset)}" : "memory policy")} keeps it to, had none left: only processes that may use it could be chosen, and only they are in the table"
            : "the machine had none left";
        yield return $"{asked}, and {scope}{SwapState(report.TotalSwapKib ?? 0, report.FreeSwapKib ?? 0)}";
        foreach (OomZone zone in report.Zones)
        {
            long reserve = zone.LowmemReservePages.Count > 0 ? zone.LowmemReservePages.Max() << 2 : 0;
            string kept = reserve > 0 ? $" and up to {Text.Size((ulong)reserve << 10)} kept for those who need this zone" : "";
            yield return $"Node {zone.Node} {zone.Name}: {Text.Size((ulong)Math.Max(zone.FreeKib, 0) << 10)} free, below its min of {Text.Size((ulong)Math.Max(zone.MinKib, 0) << 10)}{kept}.".Replace(
                ", below its min", zone.FreeKib < zone.MinKib ? ", below its min" : ", its min", StringComparison.Ordinal);
        }
    }

    private static string SwapState(long totalKib, long freeKib) =>
        totalKib == 0 ? "; there is no swap." : freeKib == 0 ? $"; all {Text.Size((ulong)totalKib << 10)} of swap are full." : $"; {Text.Size((ulong)freeKib << 10)} of {Text.Size((ulong)totalKib << 10)} of swap are free.";

    private static string Reason(OomControl control, OomCandidate victim)
    {
        OomCandidate? next = (control with { Candidates = [.. control.Candidates.Where(one => one != victim)] }).Victim();
        string own = $"{Named(victim)} has {Text.Count(control.Points(victim) ?? 0)} points: {Text.Count(victim.Pages)} pages of its own{Adjusted(control, victim)}";
        return next is null ? own + "; nobody else could be killed." : $"{own}; next is {Named(next)} with {Text.Count(control.Points(next) ?? 0)}.";
    }

    /// <summary>Whether points can be counted: not when the total is missing and an oom_score_adj is a part of it.</summary>
    private static bool IsWeighed(OomControl control) => control.TotalPages > 0 || control.Candidates.All(one => one.OomScoreAdj is 0 or OomBadness.ScoreAdjMin);

    private static string Adjusted(OomControl control, OomCandidate candidate) =>
        candidate.OomScoreAdj == 0 ? "" : $" and {Text.Count(control.AdjustmentPages(candidate)).Replace('-', '−')} for its oom_score_adj of {candidate.OomScoreAdj}";

    private static string Disagreement(OomReport report, OomCandidate chosen, OomCandidate victim) => report.KilledAllocatingTask
        ? $"by points it would have been {Named(chosen)}"
        : $"by the table it would have been {Named(chosen)}, not {Named(victim)}: sizes changed while the kernel looked, or that process was dying already";

    private static List<string> Changes(OomControl control, OomCandidate? victim)
    {
        var changes = new List<string>();
        if (victim is null || !IsWeighed(control))
            return changes;
        OomCandidate? next = (control with { Candidates = [.. control.Candidates.Where(one => one != victim)] }).Victim();
        if (next is null || control.SparingScoreAdj(victim) is not { } adj)
            return changes;
        changes.Add($"{Named(victim)} with an oom_score_adj of {adj}{(adj > OomBadness.ScoreAdjMin ? " or less" : "")} is spared; it is {Named(next)} then.");
        if (control.Points(victim) is { } points && control.Points(next) is { } nextPoints && points - nextPoints < victim.Pages)
            changes.Add($"{Named(victim)} with {OomAnswerText.Size(points - nextPoints + 1)} less is spared as well.");
        return changes;
    }

    private static List<OomAlternative> Alternatives(OomControl control, long memoryPages, IReadOnlyList<OomWhatIf> ifs, string verb, Func<long, string?>? less)
    {
        var alternatives = new List<OomAlternative>();
        OomControl all = control;
        foreach (OomWhatIf one in ifs)
        {
            OomAlternative alternative = Alternative(one.Apply(control, memoryPages), one.Text, verb);
            if (one.MemoryPages is { } pages && pages < memoryPages && less?.Invoke(pages) is { } shortage)
                alternative = alternative with { Then = $"{shortage}; {alternative.Then}" };
            alternatives.Add(alternative);
            all = one.Apply(all, memoryPages) ?? all;
        }

        if (ifs.Count > 1)
            alternatives.Add(Alternative(all, "all of it together", verb));
        return alternatives;
    }

    private static OomAlternative Alternative(OomControl? control, string text, string verb)
    {
        if (control is null)
            return new OomAlternative(text, "there is no such process here", null);
        OomCandidate? victim = control.Victim();
        return new OomAlternative(text, victim is null ? "nobody could be killed, the kernel panics" : $"{Named(victim)} {verb}, with {Text.Count(control.Points(victim) ?? 0)} points", victim?.Pid ?? 0);
    }

    private static List<OomAnswerRow> Rows(OomControl control)
    {
        var rows = new List<OomAnswerRow>(control.Candidates.Count);
        IReadOnlyList<OomCandidate> order = control.Order(control.Candidates.Count);
        for (int i = 0; i < order.Count; i++)
            rows.Add(Row(control, order[i], i + 1));
        rows.AddRange(control.Candidates.Where(one => control.Points(one) is null && one.Pages > 0).OrderByDescending(one => one.Pages).Select(one => Row(control, one, 0)));
        return rows;
    }

    internal static OomAnswerRow Row(OomControl control, OomCandidate one, int order) => new(
        order, one.Pid, one.Comm, one.RssPages, one.SwapPages, one.PageTablePages, one.OomScoreAdj, control.AdjustmentPages(one), control.Points(one),
        control.Badness.Score(control.Points(one), control.TotalPages), one.Exempt ?? (one.OomScoreAdj == OomBadness.ScoreAdjMin ? "never" : null));

    private static string Named(OomCandidate one) => $"{OomAnswerText.Shown(one.Comm)} ({one.Pid})";
}
