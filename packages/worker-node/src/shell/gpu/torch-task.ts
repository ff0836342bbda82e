// A PyTorch task whose answer must be the same each time: a small model that is trained for some steps on the GPU, with a fixed seed.

/** What Python runs. It prints one line: the digest of the trained weights, then the name of the GPU. */
export const torchTask = `
import hashlib, torch
assert torch.cuda.is_available(), "PyTorch finds no GPU"
torch.manual_seed(7)
torch.use_deterministic_algorithms(True)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = False
model = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16 * 30 * 30, 64), torch.nn.Tanh(), torch.nn.Linear(64, 10)
).cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
data = torch.randn(256, 3, 32, 32).cuda()
target = torch.randint(0, 10, (256,)).cuda()
for _ in range(50):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(data), target).backward()
    optimizer.step()
digest = hashlib.sha256()
for weights in model.parameters():
    digest.update(weights.detach().cpu().numpy().tobytes())
print(digest.hexdigest(), torch.cuda.get_device_name())
`;

/** What the line must look like. */
export const torchLine = /^([0-9a-f]{64}) (.+)$/m;

/** Without it the matrix products of CUDA are not the same each time. */
export const torchEnvironment: Readonly<Record<string, string>> = { CUBLAS_WORKSPACE_CONFIG: ":4096:8" };
