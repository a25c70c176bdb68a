#:project ../src/Pagewise.Kernel/Pagewise.Kernel.csproj

// Two processes on a modelled machine: memory that appears on the first touch, a fork that copies on write, and an
// access that gets SIGSEGV. Run it with: dotnet run samples/hello-fault.cs

using System.Text;
using Pagewise.Abi;
using Pagewise.Kernel;
using Pagewise.Kernel.Faults;

using Machine machine = Machine.Create(new MachineSpec { MemoryBytes = 64 << 20 });
int parent = machine.SystemCalls.CreateInitialTask(1000, "parent");

// mmap gives addresses, not memory: no frame is taken until the first touch.
ulong page = machine.SystemCalls.Mmap(parent, 0, 8192, Prot.Read | Prot.Write, MapFlags.Private | MapFlags.Anonymous, -1, 0).Address;
Console.WriteLine($"mmap of 8192 bytes          = 0x{page:x}, frame {Frame(parent)}");

machine.WriteMemory(parent, page, "written by the parent"u8);
Console.WriteLine($"after the first store       : frame {Frame(parent)}, {machine.Tasks.Tasks[parent].MinorFaults} minor fault(s)");

int pid = (int)machine.SystemCalls.Clone(parent, CloneFlags.None).Raw;
int child = machine.Tasks.Find(pid);
Console.WriteLine($"after fork                  : parent {Frame(parent)}, child {Frame(child)}: shared");
Console.WriteLine($"the child reads             : \"{Read(child)}\"");

machine.WriteMemory(child, page, "written by the child!"u8);
Console.WriteLine($"after the child's store     : parent {Frame(parent)}, child {Frame(child)}: copied on write");
Console.WriteLine($"the parent still reads      : \"{Read(parent)}\"");
Console.WriteLine($"the child reads             : \"{Read(child)}\"");

machine.SystemCalls.Mprotect(parent, page, 4096, Prot.Read);
Report("a store to read-only memory ", machine.Access(parent, page, AccessKind.Write));
Report("a load from address 0       ", machine.Access(parent, 0, AccessKind.Read));

string Frame(int task)
{
    uint frame = machine.FindFrame(machine.Tasks.Tasks[task].Mm, page);
    return frame == 0 ? "none" : $"0x{frame:x}";
}

string Read(int task)
{
    Span<byte> bytes = stackalloc byte[21];
    machine.ReadMemory(task, page, bytes);
    return Encoding.ASCII.GetString(bytes);
}

static void Report(string what, FaultOutcome outcome) =>
    Console.WriteLine($"{what}: SIG{outcome.Signal.ToString().ToUpperInvariant()}, {(outcome.Code == SignalCode.MapErr ? "SEGV_MAPERR" : "SEGV_ACCERR")}");
