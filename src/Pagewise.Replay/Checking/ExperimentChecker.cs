using System.Globalization;
using Pagewise.Kernel;
using Pagewise.Procfs;
using Pagewise.Replay.Comparing;
using Pagewise.Replay.Experiments;
using Pagewise.Replay.Recorded;
using Pagewise.Workloads;

namespace Pagewise.Replay.Checking;

/// <summary>
/// Replays a recorded experiment (a directory: start state, workload.log, expect.tsv) and compares the results of its
/// calls, every expectation, and what was recorded of each access and page. Experiments without a workload are a sweep
/// of sysctls, or what a program found out by trying, which the same program on the model then finds out too.
/// </summary>
internal sealed class ExperimentChecker
{
    private const string Workload = "workload.log";
    private const string Expectations = "expect.tsv";

    private readonly ExperimentFiles _files;
    private readonly IReadOnlyList<Expectation> _expectations;
    private readonly MachineSpec _spec;
    private readonly ResultLog _log;
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);
    private readonly List<string> _measured = [];
    private string _file;

    private ExperimentChecker(string directory, CheckOptions options, Action<Difference>? found)
    {
        _files = new ExperimentFiles(directory);
        _expectations = Expectation.Read(_files);
        _file = _files.PathOf(Expectations);
        MachineSpec spec = ExperimentMachine.Read(_files);
        _spec = options.Configure is null ? spec : options.Configure(spec);
        _log = new ResultLog(options.DifferenceLimit) { Found = difference => found?.Invoke(difference with { File = _file }) };
    }

    /// <summary>Checks one experiment.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="options">How.</param>
    /// <param name="found">Told of each difference as it is found.</param>
    /// <exception cref="RecordingException">A file is missing or is not what it should be.</exception>
    public static CheckResult Check(string directory, CheckOptions options, Action<Difference>? found)
    {
        var checker = new ExperimentChecker(directory, options, found);
        try
        {
            return checker.Check();
        }
        catch (ArgumentException exception) when (exception.ParamName == "spec")
        {
            throw new ReplayException($"no such machine can be: {exception.Message}");
        }
    }

    private CheckResult Check()
    {
        if (!_files.Has(Workload))
        {
            CompareTried();
            if (_log.Results == 0)
                throw new RecordingException(_files.Directory, $"has no {Workload}, and no expectation that can be tried without");
            return new CheckResult(_files.Directory, _log.Results, _log.DifferenceCount, _log.Differences, 0, 0, _warnings, []);
        }

        using RecordingReader reader = RecordingReader.Open(_files.PathOf(Workload));
        using var replayer = new Replayer(reader, new ReplayOptions { Mode = ReplayMode.Check, Machine = _spec, ProgramsAreStatic = true, DiskOfTmpfsRoot = ExperimentMachine.Disk, FileSizes = ExperimentMachine.FileSizes, Log = _log });
        _file = _files.PathOf(Workload);
        if (_files.Has("vmaops.seed1.txt"))
            CheckOperations(replayer);
        else
            CheckSnapshots(replayer);
        foreach ((string warning, long count) in replayer.Warnings)
            _warnings[warning] = count;
        return new CheckResult(_files.Directory, _log.Results, _log.DifferenceCount, _log.Differences, replayer.AdoptedStackPages,
            replayer.PassedOver, _warnings, reader.UnknownCalls)
        { Measured = _measured };
    }

    private void CheckOperations(Replayer replayer)
    {
        var run = new VmaOperationsRun(_files, name => _file = name);
        replayer.Observer = run;
        replayer.Run();
        Compare(expectation => run.Value(expectation.At, expectation.Metric) ?? LimitsProgram.Value(_spec, expectation.Metric));
    }

    private void CheckSnapshots(Replayer replayer)
    {
        ExperimentTrace? trace = ExperimentTrace.IsComparable(_files) ? new ExperimentTrace() : null;
        WritebackRun? writeback = _files.Has(WritebackRun.FileName) ? new WritebackRun(_files, name => _file = name) : null;
        ReadaheadRun? readahead = _files.Has(ReadaheadRun.FileName) ? new ReadaheadRun(_files, name => _file = name) : null;
        Zoneinfo? before = _files.Has("before.zoneinfo") ? _files.Parse("before.zoneinfo", Zoneinfo.Parse) : null;
        var run = new ExperimentRun(before) { Trace = trace, Other = (IReplayObserver?)readahead ?? writeback };
        replayer.Observer = run;
        replayer.Run();
        if (run.Snapshots.Count == 0)
            throw new RecordingException(_files.PathOf(Workload), "has no \"# snapshot\" line: nothing can be compared");
        var metrics = new ExperimentMetrics(run, _files.Has("before.vmstat") ? _files.Parse("before.vmstat", Vmstat.Parse) : null);
        var scores = new RecordedScores(_files, _spec.Kernel);
        Compare(expectation => scores.Value(expectation) ?? run.Oom.Value(expectation) ?? readahead?.Value(expectation.At, expectation.Metric) ?? writeback?.Value(expectation.At, expectation.Metric) ?? metrics.Value(expectation));
        writeback?.CompareChecks(_log, subcase => IsExact(subcase, "checks"));
        ComparePages(run);
        if (trace is null)
            return;
        _file = _files.PathOf(ExperimentTrace.FileName);
        trace.Compare(_files, _log);
    }

    private void CompareTried()
    {
        using WatermarkSweep? sweep = _files.Has("before.zoneinfo")
            ? new WatermarkSweep(_files.Parse("before.zoneinfo", Zoneinfo.Parse), _spec.Kernel, _spec.PageAllocator)
            : null;
        var overcommit = new Dictionary<(int Mode, int Ratio), OvercommitProgram>();
        var scores = new RecordedScores(_files, _spec.Kernel);
        Compare(expectation => expectation.Metric.Split('.', 4) switch
        {
            ["zone", ..] => sweep?.Value(expectation.At, expectation.Metric),
            ["limits", ..] => LimitsProgram.Value(_spec, expectation.Metric),
            ["overcommit", ['m', 'o', 'd', 'e', .. var mode], ['r', 'a', 't', 'i', 'o', .. var ratio], var name] => Overcommit(overcommit, mode, ratio, name),
            _ => scores.Value(expectation),
        });
    }

    private string? Overcommit(Dictionary<(int Mode, int Ratio), OvercommitProgram> programs, string modeText, string ratioText, string name)
    {
        if (!int.TryParse(modeText, NumberStyles.None, CultureInfo.InvariantCulture, out int mode) || !int.TryParse(ratioText, NumberStyles.None, CultureInfo.InvariantCulture, out int ratio))
            return null;
        if (programs.TryGetValue((mode, ratio), out OvercommitProgram? program))
            return program.Value(name);
        string start = $"overcommit.mode{modeText}.ratio{ratioText}.Committed_AS_kB";
        if (!long.TryParse(_expectations.FirstOrDefault(one => one.Metric == start)?.Expected, NumberStyles.None, CultureInfo.InvariantCulture, out long committed))
            throw new RecordingException(_files.PathOf(Expectations), $"lacks {start}, what is committed at the start");
        ulong size = _files.Has("before.status") ? _files.Parse("before.status", StatusFile.Parse).Vm.VmSize : 0;
        program = new OvercommitProgram(_spec, mode, ratio, committed, size);
        programs.Add((mode, ratio), program);
        return program.Value(name);
    }

    private void Compare(Func<Expectation, string?> value)
    {
        _file = _files.PathOf(Expectations);
        foreach (Expectation expectation in _expectations)
        {
            if (expectation.IsInformative)
                continue;
            string? got = value(expectation);
            if (got is null)
            {
                string warning = $"{expectation.Metric} is not modelled: its {expectation.Kind} expectations were passed over";
                _warnings[warning] = _warnings.GetValueOrDefault(warning) + 1;
            }
            else if (expectation.IsMetBy(got))
            {
                _log.Same();
            }
            else
            {
                string tolerance = expectation.Kind == "exact" ? "" : $" within {expectation.Tolerance}";
                _log.Differs(expectation.Line, $"{expectation.At} {expectation.Metric}", expectation.Expected + tolerance, got);
            }
        }
    }

    // Page by page only where the kernel leaves nothing to timing: there the totals are exact.
    private void ComparePages(ExperimentRun run)
    {
        var pages = new ExperimentPages(_files, run, _log);
        if (Named("faults.rle"))
        {
            bool isExact = IsExact("end", "faults.minor");
            if (isExact)
                pages.CompareFaults();
            _measured.AddRange(pages.CompareRates(ExperimentMachine.IsCyclic(_files), isExact));
        }

        ExperimentSnapshot? last = run.IndexOfLastLook < 0 ? null : run.Snapshots[run.IndexOfLastLook];
        if (last is not null && IsExact("end", "pages.") && Named("pagestates"))
            pages.CompareStates("pagestates", last);
        if (last is not null && IsExact("end", "pages.node") && Named("pagenodes.rle"))
            pages.CompareNodes(last);
        foreach (ExperimentSnapshot snapshot in run.Snapshots)
        {
            string file = $"pagestates.{snapshot.Tag}";
            if (IsExact(snapshot.Tag, "pages.") && Named(file))
                pages.CompareStates(file, snapshot);
        }

        bool Named(string file)
        {
            if (!_files.Has(file))
                return false;
            _file = _files.PathOf(file);
            return true;
        }
    }

    private bool IsExact(string at, string metric)
    {
        List<Expectation> of = [.. _expectations.Where(one => one.At == at && one.Metric.StartsWith(metric, StringComparison.Ordinal))];
        if (metric == "pages.")
            of.RemoveAll(one => one.Metric.StartsWith("pages.node", StringComparison.Ordinal));
        return of.Count > 0 && of.TrueForAll(one => one.Kind == "exact");
    }
}
