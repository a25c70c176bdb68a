using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Faults;
using Pagewise.Kernel.Hardware;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Reports.RunFiles;

/// <content>Page faults: all are counted by place, one of so many is kept.</content>
public sealed partial class RunRecorder : IFaultTracepoints
{
    private const int MostFaults = 1 << 15;
    private const int HugePages = 512;

    private readonly List<FaultRecord> _faults = [];
    private readonly FaultSites _sites;
    private long _faultCount;
    private long _faultStep = 1;
    private double _faultStartNs;
    private FaultCounters _before;
    private int _faultMm;

    void IFaultTracepoints.PageFaultUser(int task, ulong address, FaultCode errorCode)
    {
        _faultMm = _machine.Tasks.Tasks[task].Mm;
        _before = _machine.AddressSpaces.Mms[_faultMm].Faults;
        if (_faultCount % _faultStep == 0)
            _faultStartNs = _machine.NowNs;
    }

    void IFaultTracepoints.PageFaultReturned(int task, ulong address, FaultOutcome outcome)
    {
        ref TaskStruct thread = ref _machine.Tasks.Tasks[task];
        bool isKept = _faultCount++ % _faultStep == 0;
        FaultKind kind = FaultKind.Killed;
        int pages = 0;
        if (thread.Mm == _faultMm)
        {
            ref FaultCounters after = ref _machine.AddressSpaces.Mms[_faultMm].Faults;
            kind = FaultKinds.Between(in _before, in after);
            pages = kind switch
            {
                FaultKind.Huge => HugePages,
                FaultKind.File => 1 + (int)(after.FaultAround - _before.FaultAround),
                FaultKind.SegvAccErr or FaultKind.SegvMapErr or FaultKind.Bus or FaultKind.Other => 0,
                _ => 1,
            };
        }

        _sites.Count(thread.Tgid, thread.Mm, address, kind);
        if (!isKept)
            return;
        _faults.Add(new FaultRecord(_faultStartNs, _machine.NowNs - _faultStartNs, address, thread.Tgid, pages, kind, outcome.IsMajor));
        if (_faults.Count < MostFaults)
            return;
        _faultStep *= 2;
        // Those at odd places were at odd multiples of the old step.
        for (int i = 0; i < _faults.Count / 2; i++)
            _faults[i] = _faults[2 * i];
        _faults.RemoveRange(_faults.Count / 2, _faults.Count - (_faults.Count / 2));
    }

    private List<RunFault> Faults() =>
        [.. _faults.Select(fault => new RunFault((long)fault.TimeNs, fault.Pid, fault.Address, FaultKinds.NameOf(fault.Kind), fault.IsMajor, fault.Pages, (long)fault.CostNs))];
}
