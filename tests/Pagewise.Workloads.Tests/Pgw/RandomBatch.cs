using System.Text;
using Pagewise.Abi;

namespace Pagewise.Workloads.Tests.Pgw;

/// <summary>Batches of random events of every kind.</summary>
internal static class RandomBatch
{
    public static EventBatch New(Random random)
    {
        var batch = new EventBatch();
        Fill(batch, random);
        return batch;
    }

    public static void Fill(EventBatch batch, Random random)
    {
        batch.Clear();
        int events = random.Next(20, 200);
        long line = random.NextInt64(1 << 40);
        for (int i = 0; i < events; i++)
        {
            line += random.Next(-2, 10);
            int tid = random.Next(3) == 0 ? random.Next() : 7;
            switch (random.Next(5))
            {
                case 0:
                    batch.Events.Add(new Event(EventKind.Call, batch.Calls.Count, 1, tid, line));
                    AddCall(batch, random);
                    break;
                case 1:
                    int count = random.Next(1, 500);
                    batch.Events.Add(new Event(EventKind.Access, batch.AccessRuns.Count, count, tid, line));
                    for (int run = 0; run < count; run++)
                        batch.AccessRuns.Add(new AccessRun(Number(random), Math.Max(1, (uint)Number(random)), (AccessKind)random.Next(3)));
                    break;
                case 2:
                    batch.Events.Add(new Event(EventKind.Touch, batch.Touches.Count, 1, tid, line));
                    AddTouch(batch, random);
                    break;
                case 3:
                    batch.Events.Add(new Event(EventKind.Note, batch.Notes.Count, 1, tid, line));
                    AddNote(batch, random);
                    break;
                default:
                    batch.Events.Add(new Event(EventKind.HeapCall, batch.HeapCalls.Count, 1, tid, line));
                    AddHeapCall(batch, random);
                    break;
            }
        }
    }

    private static void AddCall(EventBatch batch, Random random)
    {
        var call = new CallRecord
        {
            Sysno = (Sysno)random.Next(-1, 463),
            Flags = (CallFlags)random.Next(1 << 12),
            ArgCount = (byte)random.Next(7),
            Result = (long)Number(random),
            Name = Text(batch, random),
            Path = Text(batch, random),
            FdPath = Text(batch, random),
            ResultPath = Text(batch, random),
        };
        for (int i = 0; i < call.ArgCount; i++)
            call.Args[i] = Number(random);
        switch (random.Next(6))
        {
            case 0:
                batch.SetPayload(ref call, PayloadKind.FileStatus, new CallFileStatus { HasSize = true, SizeBytes = (long)Number(random) });
                break;
            case 1:
                batch.SetPayload(ref call, PayloadKind.Limits, new CallLimits { HasNew = true, New = new Rlimit(Number(random), 5) });
                break;
            case 2:
                batch.SetPayload(ref call, PayloadKind.CloneArguments, new CallCloneArguments { Flags = Number(random), Tls = 9 });
                break;
            case 3:
                call.PayloadKind = PayloadKind.ArgumentVector;
                call.PayloadOffset = batch.Bytes.Count;
                call.PayloadLength = 4 * random.Next(5);
                for (int word = 0; word < call.PayloadLength / 4; word++)
                    BitConverter.TryWriteBytes(batch.Bytes.AddMany(4), Text(batch, random));
                break;
            case 4:
                call.PayloadKind = PayloadKind.Bytes;
                call.PayloadOffset = batch.Bytes.Count;
                call.PayloadLength = random.Next(100);
                random.NextBytes(batch.Bytes.AddMany(call.PayloadLength));
                break;
        }

        batch.Calls.Add(call);
    }

    private static void AddTouch(EventBatch batch, Random random)
    {
        ulong address = Number(random);
        batch.Touches.Add(new TouchRecord
        {
            Address = address,
            LengthBytes = Math.Min(Number(random), ulong.MaxValue - address),
            StrideBytes = random.Next(2) == 0 ? 4096 : -4096,
            Kind = (AccessKind)random.Next(3),
            Outcome = (TouchOutcome)random.Next(4),
            SignalCode = (byte)random.Next(256),
            HasFaults = random.Next(2) == 0,
            HasValue = random.Next(2) == 0,
            MinorFaults = (uint)random.Next(),
            MajorFaults = (uint)random.Next(3),
            Value = Number(random),
        });
    }

    private static void AddNote(EventBatch batch, Random random)
    {
        var note = new NoteRecord { Kind = (NoteKind)random.Next(41), LineOffset = batch.Bytes.Count, LineLength = random.Next(1, 60), Value = Number(random) };
        note.BodyStart = random.Next(note.LineLength + 1);
        random.NextBytes(batch.Bytes.AddMany(note.LineLength));
        batch.Notes.Add(note);
    }

    private static void AddHeapCall(EventBatch batch, Random random) => batch.HeapCalls.Add(new HeapCallRecord
    {
        Function = (HeapFunction)random.Next(1, 14),
        ArgCount = (byte)random.Next(4),
        Arg0 = Number(random),
        Arg1 = Number(random),
        Arg2 = Number(random),
        Result = Number(random),
        Error = random.Next(4) == 0 ? Errno.EINVAL : Errno.None,
        HasResult = random.Next(2) == 0,
    });

    private static int Text(EventBatch batch, Random random) =>
        random.Next(3) == 0 ? 0 : batch.Strings.Intern(Encoding.ASCII.GetBytes($"/usr/lib/{random.Next(400)}"));

    private static ulong Number(Random random) => (ulong)random.NextInt64() >> random.Next(63) << random.Next(2);
}
