using Pagewise.Kernel.Hardware;
using Pagewise.NativeMemory;

namespace Pagewise.Kernel.Block;

/// <summary>
/// The block devices of a machine, in virtual time. A request takes a place in the queue as soon as one is free, has its
/// latency there (and a seek, where it does not follow the request before it), and then its bytes flow over the device's
/// read or write channel, one request after the other. Latencies overlap, bytes do not. Schedulers, merging of requests
/// by the device and caches in it are not modelled: callers submit contiguous runs as one request.
/// </summary>
public sealed class BlockDevices : IAgent, IDisposable
{
    /// <summary>Sectors of a page.</summary>
    public const int SectorsPerPage = 8;

    private const double NsPerSecond = 1e9;
    private const int SectorBytes = 512;

    private readonly Clock _clock;
    private readonly EventQueue _events;
    private readonly BlockDeviceSpec[] _specs;
    private readonly NativeArray<BlockDevice> _devices;
    private readonly NativeArray<double> _slotFreeNs;
    private readonly Arena<BlockRequest> _requests = new(1 << 20);
    private readonly List<IBlockCompletion> _completions = [];
    private readonly int _agent;

    /// <summary>Switches devices on.</summary>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="events">Where completions are scheduled.</param>
    /// <param name="specs">The devices; their place is their number.</param>
    public BlockDevices(Clock clock, EventQueue events, IReadOnlyList<BlockDeviceSpec> specs)
    {
        _clock = clock;
        _events = events;
        _specs = [.. specs];
        _devices = new NativeArray<BlockDevice>((ulong)_specs.Length);
        int slots = 0;
        for (int device = 0; device < _specs.Length; device++)
        {
            _devices[device].FirstSlot = slots;
            _devices[device].LastSlot = slots;
            slots += _specs[device].QueueDepth;
        }

        _slotFreeNs = new NativeArray<double>((ulong)slots);
        _agent = events.Register(this);
    }

    /// <summary>How many devices there are.</summary>
    public int Count => _specs.Length;

    /// <summary>Requests of all devices that are not completed yet.</summary>
    public int InFlight => _requests.Count;

    /// <summary>A device's state.</summary>
    public ref readonly BlockDevice this[int device] => ref _devices[device];

    /// <summary>A device's properties.</summary>
    public BlockDeviceSpec SpecOf(int device) => _specs[device];

    /// <summary>Gives someone the number that <see cref="Submit"/> takes to tell them of completions.</summary>
    public int Register(IBlockCompletion completion)
    {
        _completions.Add(completion);
        return _completions.Count - 1;
    }

    /// <summary>Submits a request (submit_bio). It completes by an event of the clock.</summary>
    /// <param name="device">The device's number.</param>
    /// <param name="op">Read or write.</param>
    /// <param name="sector">First sector of 512 bytes: decides whether a seek is needed.</param>
    /// <param name="pages">Length in pages of 4 KiB, at most the device's max_sectors_kb.</param>
    /// <param name="completion">Who is told, as registered; −1: no one.</param>
    /// <param name="argument">What they are told.</param>
    /// <returns>When it will be done, virtual nanoseconds: to wait for it, <see cref="EventQueue.WaitUntil"/>.</returns>
    /// <exception cref="InvalidOperationException">2^20 requests are in flight already.</exception>
    public double Submit(int device, BlockOp op, ulong sector, uint pages, int completion = -1, int argument = 0)
    {
        BlockDeviceSpec spec = _specs[device];
        ref BlockDevice state = ref _devices[device];
        double now = _clock.NowNs;
        int slot = FreeSlot(in state, spec.QueueDepth, now);
        double start = Math.Max(now, _slotFreeNs[slot]);
        uint sectors = pages * SectorsPerPage;
        bool isRead = op == BlockOp.Read;
        double ready = start + (isRead ? ReadLatencyNs(spec, ref state) : spec.WriteLatencyNs) + (sector == state.NextSector ? 0 : spec.SeekNs);
        ref double free = ref isRead ? ref state.ReadFreeNs : ref state.WriteFreeNs;
        double bytesPerSecond = isRead ? spec.ReadBytesPerSecond : spec.WriteBytesPerSecond;
        double done = Math.Max(ready, free) + ((double)sectors * SectorBytes * NsPerSecond / bytesPerSecond);
        free = done;
        _slotFreeNs[slot] = done;
        state.LastSlot = slot;
        state.NextSector = sector + sectors;
        state.InFlight++;
        int request = _requests.Allocate();
        if (request == 0)
            throw new InvalidOperationException("2^20 block requests are in flight: whoever submits them does not wait");
        _requests[request] = new BlockRequest { Device = device, Sectors = sectors, Op = op, Completion = completion, Argument = argument };
        _events.Schedule(done, _agent, request);
        // The device is at work already while the CPU is still busy with it.
        _clock.BlockRequests++;
        return done;
    }

    private static double ReadLatencyNs(BlockDeviceSpec spec, ref BlockDevice state)
    {
        const double most = 1UL << 53;
        return spec.ReadSpreadNs == 0 ? spec.ReadLatencyNs : spec.ReadLatencyNs + (spec.ReadSpreadNs * ((SplitMix64.Next(ref state.Drawn) >> 11) / most));
    }

    /// <summary>The place in the queue that is free, or will be first. Of those that are free any does: the one after the last taken, mostly.</summary>
    private int FreeSlot(in BlockDevice state, int queueDepth, double now)
    {
        int end = state.FirstSlot + queueDepth;
        int next = state.LastSlot + 1 < end ? state.LastSlot + 1 : state.FirstSlot;
        if (_slotFreeNs[next] <= now)
            return next;
        int first = state.FirstSlot;
        for (int slot = first + 1; slot < end; slot++)
        {
            if (_slotFreeNs[slot] < _slotFreeNs[first])
                first = slot;
        }

        return first;
    }

    /// <summary>Whether a request fails, for it has a bad sector (BLK_STS_IOERR). It takes its time like any other.</summary>
    /// <param name="device">The device's number.</param>
    /// <param name="op">Read or write.</param>
    /// <param name="sector">First sector.</param>
    /// <param name="pages">Length in pages.</param>
    public bool Fails(int device, BlockOp op, ulong sector, uint pages)
    {
        IReadOnlyList<SectorRange> bad = op == BlockOp.Read ? _specs[device].ReadErrors : _specs[device].WriteErrors;
        ulong last = sector + (pages * SectorsPerPage) - 1;
        for (int i = 0; i < bad.Count; i++)
        {
            if (bad[i].First <= last && sector <= bad[i].Last)
                return true;
        }

        return false;
    }

    /// <summary>Completes the requests that are done by now, as their interrupts do in the midst of what the CPU is at.</summary>
    public void CompleteDue() => _events.RunDue(_agent);

    /// <summary>Waits until no request is in flight, those included that completions submit.</summary>
    public void Drain()
    {
        while (InFlight > 0 && _events.WaitForNext())
        {
        }
    }

    /// <summary>A request completes.</summary>
    void IAgent.Run(int argument)
    {
        BlockRequest request = _requests[argument];
        _requests.Free(argument);
        ref BlockDevice state = ref _devices[request.Device];
        state.InFlight--;
        if (request.Op == BlockOp.Read)
        {
            state.Reads++;
            state.SectorsRead += request.Sectors;
        }
        else
        {
            state.Writes++;
            state.SectorsWritten += request.Sectors;
        }

        if (request.Completion >= 0)
            _completions[request.Completion].Complete(request.Argument);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _devices.Dispose();
        _slotFreeNs.Dispose();
        _requests.Dispose();
    }
}
